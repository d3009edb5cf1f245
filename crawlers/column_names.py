"""What columns are called: for each of our fields, patterns of normalised headers, the best first.

English, French, Chinese in both scripts, German, Spanish, Italian and the survey tools' own names.
A normalised header has small letters and single spaces (see `columns.normalised`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LANGUAGE = (
    r"^(user ?)?(language|lang|locale|langue|sprache|idioma|lingua|語言|语言)$",
    r"^(start|reviewer) ?language$",
)
_CUSTOMER = (
    r"^(customer|client|user|member|account|contact|kunden?) ?(id|no|number|nr|nummer|code|ref)$",
    r"^(num[eé]ro|n°|identifiant|id|code) (de )?(client|membre)$",
    r"^external ?(data ?)?reference$",
    r"^(客戶|顧客|會員|会员|客户|用戶|用户) ?(編號|编号|代號|代号|id)$",
)
_SEGMENT = (
    r"^(region|r[eé]gion|country|pays|land|plan|segment|generation|g[eé]n[eé]ration|store|magasin|boutique"
    r"|channel|canal|age ?group|tranche d'?[aâ]ge|地區|地区|國家|国家|門市|门店|方案|世代|通路)$",
)
_WHEN = (
    r"^date$|^datum$|^fecha$|^data$|^日期$",
    r"^(timestamp|horodateur|zeitstempel|marca temporal|時間戳記|时间戳)$",
    r"\bdate\b|日期|時間|时间|datum|fecha",
)
_SURVEYS = {
    "id": (
        r"^#$",
        r"^(response|respondent|submission|answer|entry|survey response|antwort) ?id$",
        r"^(id|identifiant|num[eé]ro|n°) (de )?(la )?(r[eé]ponse|respuesta|risposta)$",
        r"^(回覆|答覆|填答|答卷|回應|作答|問卷|问卷) ?(編號|编号|序號|序号|id)$",
        r"^(id|uuid|guid|no|nr|n°|編號|编号|序號|序号)$",
    ),
    "date": (
        r"^(submit|submitted|recorded|end|completed|answered|completion|response|survey completed) ?"
        r"(date|at|time|on)( ?\(utc\))?$",
        r"^date ?(submitted|completed|de r[eé]ponse|de fin|d'envoi)$",
        r"^(填答|提交|回覆|作答|完成) ?(日期|時間|时间)$",
        r"^date ?(modified|created)$|^(created|updated) ?(at|on)?$",
        *_WHEN,
    ),
    "nps": (r"\bnps\b", r"recommend|recommand|empfehl|recomend|raccomand|consigl|推薦|推荐|推介"),
    "csat": (r"\bcsat\b", r"satisf|zufrieden|soddisf|tevreden|滿意|满意"),
    "ces": (
        r"\bces\b",
        r"effort|\beas[ey]|facil|f[aá]cil|einfach|esfuerzo|容易|輕鬆|轻松|費力|费力",
    ),
    # Only ever configured: effort asked as how easy, or as how hard, it was. "ces" leaves that to be told.
    "ease": (),
    "difficulty": (),
    "score": (
        r"^(score|rating|note|stars?|grade|punkte|bewertung|puntuaci[oó]n|voto)$|^(評分|评分|分數|分数|得分|星等)$",
        r"\bscore\b|\brating\b|評分|评分|分數|分数",
    ),
    "measure": (r"^(survey ?type|measure|metric)$",),
    "comment": (
        r"^(comments?|verbatims?|feedback|text|explication|commentaires?|remarques?|kommentare?|comentarios?)$",
        r"^(意見|意见|評論|评论|留言|回饋|反馈|建議|建议)$",
        r"comment|verbatim|feedback|explica|remarque|kommentar|意見|意见|評論|评论|留言|回饋|反馈|建議|建议",
        r"reason|raison|\bwhy\b|pourquoi|warum|por qu[eé]|perch[eé]|improve|am[eé]lior|verbesser|suggest"
        r"|原因|為什麼|为什么|改善|改進",
        r"tell us|dites|opinion|\bavis\b|free text|open ended|\btext\b",
    ),
    "language": _LANGUAGE,
    "customer_id": _CUSTOMER,
    "segments": _SEGMENT,
}
_MENTIONS = {
    "id": (
        r"^(review|mention|comment|external|post|message) ?id$|^id ?(review|avis|mention)$",
        r"^(評論|评论|評價|评价) ?(編號|编号|id)$",
        r"^(id|uuid|guid|編號|编号)$",
    ),
    "text": (
        r"^(review ?)?(text|body|content|comment|message|caption|texte|texto|description)$",
        r"^(review|avis|commentaire)$|^(評論|评论|評價|评价|留言)?(內容|内容)$|^(評論|评论|留言)$",
        r"text|comment|content|body|內容|内容|評論|评论|avis|verbatim|feedback",
    ),
    "title": (r"^(review ?)?(title|headline|summary|titre|titel|t[ií]tulo|標題|标题)$",),
    "rating": (
        r"^(star ?)?(rating|stars?|score|note|[eé]toiles|sterne|bewertung|puntuaci[oó]n|calificaci[oó]n)$",
        r"^(評分|评分|星等|星級|星级)$",
        r"\brating\b|\bstars?\b|\bnote\b|評分|评分|星數|星数",
    ),
    "author": (
        r"^(author|user ?name|reviewer|nickname|pseudo|auteur|autor)$|^(作者|評論者|评论者|暱稱|昵称|用戶|用户)$",
        r"^(author|reviewer|user) ?name$|^(name|nom|nombre)$",
    ),
    "date": (
        r"^(published|date ?published|review ?date|created|posted|publi[eé])( ?(at|on|date|le))?$",
        r"^(發布|发布|評論|评论) ?(日期|時間|时间)$",
        *_WHEN,
        r"^time$",
    ),
    "url": (r"^(review ?)?(url|link|permalink|lien|連結|链接)$",),
    "language": _LANGUAGE,
    "subject": (
        r"^(product|item|app|shop|store) ?(name|title)?$|^(subject|produit|article)$|^(商品|產品|产品|品名|店名)$",
    ),
    "verified": (r"^(verified|verified ?purchase|achat v[eé]rifi[eé]|已驗證|已验证)$",),
    "reply_text": (r"^(reply|response|owner ?response|r[eé]ponse|回覆|回复)( ?text)?$",),
    "reply_at": (r"^(reply|response) ?(date|at)$",),
    # Never a user of the site where the review stands: only who is called the shop's customer.
    "customer_id": (
        r"^(customer|client|member|kunden?) ?(id|no|number|nr|nummer|code|ref)$",
        r"^(num[eé]ro|n°|identifiant|id|code) (de )?(client|membre)$",
        r"^(客戶|顧客|會員|会员|客户) ?(編號|编号|代號|代号|id)$",
    ),
}
_CUSTOMERS = {
    "customer_id": (*_CUSTOMER, r"^(id|customer|client|kunde|編號|编号)$"),
    "since": (
        r"since|seit|depuis|desde|signed ?up|joined|registered|inscri|註冊|注册|加入",
        r"^(created|start|first)( ?(at|on|date|order))?$|^date (de )?(cr[eé]ation|d[eé]but)$|開始|开始",
    ),
    "cancelled": (
        r"cancel|churn|r[eé]sili|gek[uü]ndigt|baja|退訂|退订|取消|終止|终止|解約",
        r"^(end|left|closed|fin)( ?(at|on|date))?$",
    ),
    "segments": _SEGMENT,
}
_ORDERS = {
    "order_id": (
        r"^(order|transaction|invoice|receipt|bestell|commande|facture|pedido) ?(id|no|number|nr|nummer)?$",
        r"^(num[eé]ro|n°|id) (de )?(la )?(commande|facture)$|^(訂單|订单|交易) ?(編號|编号|號|号|id)$",
        r"^id$",
    ),
    "customer_id": (*_CUSTOMER, r"^(customer|client|kunde|客戶|客户|顧客)$"),
    "ordered": (
        r"^(order|ordered|purchase|invoice) ?(date|at|on)?$|^date (de )?(la )?commande$",
        r"^(訂單|订单|購買|购买)(日期|時間|时间)$",
        *_WHEN,
    ),
    "amount": (
        r"^(amount|total|revenue|price|net|montant|betrag|umsatz|importe)( ?(eur|usd|total|ttc|ht))?$",
        r"amount|total|montant|revenue|betrag|umsatz|金額|金额|總額|总额",
    ),
    "margin": (r"margin|marge|profit|毛利|利潤|利润",),
}
FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "surveys": _SURVEYS,
    "mentions": _MENTIONS,
    "customers": _CUSTOMERS,
    "orders": _ORDERS,
}
# A column that names or locates a person.
PERSONAL = re.compile(
    r"e ?mail|courriel|correo|郵件|邮件|電郵|phone|t[eé]l[eé]phone|telefon|\bmobile\b|電話|电话|手機|手机"
    r"|\bip\b|ipaddress|ip ?adress|latitude|longitude|breitengrad|l[aä]ngengrad"
    r"|(first|last|full|sur|vor|nach) ?name|recipient|^person\b|^end user"
    r"|^name$|^nom$|^pr[eé]nom$|姓名|地址|\baddress\b|adresse|birth|naissance|生日"
)
