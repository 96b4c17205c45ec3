"""What each method is called in a report."""

METHODS = {
    "clustered_mean": {
        "ja": "平均（クラスターを考慮した95％信頼区間）",
        "en": "mean (95% interval allowing for clusters)",
    },
    "clustered_weighted_mean": {
        "ja": "件数で重み付けした平均（クラスターを考慮した95％信頼区間）",
        "en": "case-weighted mean (95% interval allowing for clusters)",
    },
    "clustered_share": {
        "ja": "割合（クラスターを考慮したロジット信頼区間）",
        "en": "share (logit interval allowing for clusters)",
    },
    "clustered_weighted_share": {
        "ja": "件数で重み付けした割合（クラスターを考慮したロジット信頼区間）",
        "en": "case-weighted share (logit interval allowing for clusters)",
    },
    "cluster_bootstrap_median": {
        "ja": "中央値（クラスター再抽出による95％信頼区間）",
        "en": "median (95% interval by resampling clusters)",
    },
    "signed_rank": {
        "ja": "符号順位検定（ゼロと同順位を考慮、クラスター単位の符号反転）",
        "en": "signed-rank test (zeros and ties kept, signs flipped by cluster)",
    },
    "spearman": {"ja": "順位相関（スピアマン）", "en": "rank correlation (Spearman)"},
    "partial_spearman": {
        "ja": "偏順位相関（スピアマン）",
        "en": "partial rank correlation (Spearman)",
    },
    "pearson": {"ja": "相関（ピアソン）", "en": "correlation (Pearson)"},
    "partial_pearson": {"ja": "偏相関（ピアソン）", "en": "partial correlation (Pearson)"},
    "ols": {
        "ja": "最小二乗法（クラスター頑健標準誤差、t分布）",
        "en": "least squares (cluster-robust errors, t)",
    },
    "fixed_effects_ols": {
        "ja": "固定効果を入れた最小二乗法（クラスター頑健標準誤差、t分布）",
        "en": "least squares with fixed effects (cluster-robust errors, t)",
    },
}
