-- one row per municipality and fiscal year of the main finance indicators
-- 市区町村・年度ごとに1行（主要財政指標）
-- key: lgcode, fiscal_year
-- fiscal_strength_index: | 財政力指数 | fiscal strength index | 0..
-- future_burden_pct: ％/% | 将来負担比率 | future burden ratio | 0..
-- future_burden_missing: | 将来負担比率がない理由（not_applicable：将来負担額を充当可能財源等が上回り、比率が算定されない） | why there is no future burden ratio (not_applicable: the funds available exceed the burden, so that none is computed) | suppressed, not_applicable, unknown, not_asked, no_answer, not_offered, unreadable, zero_or_missing
-- laspeyres_index: | ラスパイレス指数（国家公務員の給与水準を100とした市区町村職員の給与水準） | Laspeyres index: pay of municipal staff, that of national civil servants being 100 | 0..
-- laspeyres_reference_index: | ラスパイレス指数の参考値（国家公務員の給与の臨時特例がないとした場合。2012・2013年度だけ） | reference value of the Laspeyres index, as if pay of national civil servants had not been cut (2012 and 2013 only) | 0..
SELECT
    f.lgcode,
    m.prefecture,
    m.name,
    f.fiscal_year,
    max(f.value) FILTER (f.indicator = 'fiscal_strength_index') AS fiscal_strength_index,
    max(f.value) FILTER (f.indicator = 'ordinary_balance_pct') AS ordinary_balance_pct,
    max(f.value) FILTER (f.indicator = 'real_debt_service_pct') AS real_debt_service_pct,
    max(f.value) FILTER (f.indicator = 'future_burden_pct') AS future_burden_pct,
    max(f.missing) FILTER (f.indicator = 'future_burden_pct') AS future_burden_missing,
    max(f.value) FILTER (f.indicator = 'laspeyres_index') AS laspeyres_index,
    max(f.value) FILTER (f.indicator = 'laspeyres_reference_index') AS laspeyres_reference_index
FROM staging.stg_finance_indicators AS f
INNER JOIN staging.stg_municipalities AS m ON f.lgcode = m.lgcode
GROUP BY f.lgcode, m.prefecture, m.name, f.fiscal_year
