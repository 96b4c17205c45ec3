-- one row per month of a chatbot
-- チャットボットの月ごとに1行
-- key: dataset, month
-- questions: 件/questions | 質問 | questions asked | 0..
-- answered: 件/questions | 回答できた質問 | questions answered | 0..
-- escalated: 件/questions | 職員に引き継いだ質問 | questions handed on to staff | 0..
-- judged: 件/answers | 正誤を確かめた回答 | answers that were judged | 0..
-- judged_right: 件/answers | 正しいとされた回答 | answers judged right | 0..
-- calls: 件/calls | 同じ月の電話 | phone calls of the month | 0..
SELECT dataset, month, questions, answered, escalated, judged, judged_right, calls
FROM raw.chatbot_log
