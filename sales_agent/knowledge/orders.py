"""How orders to an AI are worded, in English and, the commonest of them, in other languages.

The patterns are those of orders to a machine: rules for people, such as "ignore the blue cable" or "ask your system
administrator", are none. Each stands with words one of which is in all that it finds: of most paragraphs these are
looked for, and nothing else (50 MB: a few seconds, where the patterns alone took a minute).
"""

import re

_AI = (
    r"(?:(?:an?|the|any|all|this|every|our|whatever|whichever)\s+)?(?:helpful\s+)?(?:ai(?:\s+models?)?|a\.i\.|"
    r"artificial intelligence|(?:large\s+)?language models?|llms?|(?:voice\s?|chat\s?)?bots?|(?:chat\s?)?gpt|"
    r"(?:ai|voice|virtual|digital|automated)\s+(?:assistants?|agents?))"
)
_RULES = (
    r"(?:rules?|instructions?|guidelines?|guidance|prompts?|programming|directives?|restrictions?|guardrails?|"
    r"safeguards?|system messages?|policies|orders|context)"
)
_MUST = r"(?:must|should|shall|have to|has to|are to|is to|will|always|never|do not|don't|please)"
_HAS_TO = r"(?:must|should|shall|is to|has to|is required to|will)\s+(?:now\s+|always\s+|never\s+|instead\s+|only\s+)?"
_SAY = (
    r"(?:say|tell|offer|give|answer|reply|respond|confirm|recommend|mention|reveal|promise|repeat|ignore|state|quote|"
    r"apply|agree|claim|grant|treat|approve)"
)
_AWAY = (
    r"(?:ignor\w*|disregard\w*|forget|overrid\w*|bypass\w*|discard|set aside|disobey|do not obey|"
    r"(?:stop|no longer)\s+(?:follow|obey)(?:ing)?)"
)
_TEXT = (
    r"(?:this|the above|the following)\s+(?:\w+\s+)?(?:text|page|document|file|sheet|table|row|cell|line|paragraph|"
    r"note|message|section|list|catalogue?|e-?mail|website|site|content)"
)
_PEOPLE = r"(?:customer|client|caller|buyer|guest|visitor|patient|prospect|shopper|user|colleague|applicant)s?"
_EVERYBODY = (
    r"(?:everyone|everybody|anyone|anybody|whoever|every caller|any caller|all callers|each caller)"
)
_VOICE = rf"(?:{_AI}|(?:(?:the|our|this)\s+)?(?:(?:voice|virtual|phone|digital)\s+)?assistants?)"
_ASKER = r"(?:(?:an?|any|the|every|some)\s+)?(?:callers?|some(?:one|body)|any(?:one|body))"
_SUM = r"(?:\d|percent|\bfree\b|dollars|euros|pounds|\bhalf\b|[$€£])"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|existing|other|system|original)"

_NOTE = "note|notice|message|instructions?|important|command|reminder|memo"
_NO_PERSON = r"(?![\s-]+(?:compan(?:y|ies)|start-?up|developer|engineer|expert|team|user|customer|researcher))"
_START = r"(?:^|[.!?:(|\"“]\s*)"  # of a sentence or a cell

_AI_WORDS = "ai|a.i.|intelligence|language model|llm|llms|bot|bots|voicebot|chatbot|gpt|chatgpt|assistant|agent"
_AWAY_WORDS = "ignor|disregard|forget|overrid|bypass|discard|set aside|obey|follow"
_ASKED_WORDS = "everyone|everybody|anyone|anybody|whoever|caller"

_DE_AWAY = r"(?:ignorier\w*|missacht\w*|vergiss|vergesst|vergessen)(?:\s+sie)?"
_DE_RULES = r"(?:anweisung|regel|vorgabe|instruktion|richtlinie|befehl)"
_DE_NOTE = r"(?:hinweis|nachricht|anweisung(?:en)?|befehl|notiz|achtung|wichtig|botschaft)"
_DE_AI = (
    r"(?:(?:die|den|das|jede\w*|alle)\s+)?(?:ki(?!-)|künstliche\s+intelligenz|sprachmodell|sprachassistent|"
    r"(?:digital|virtuell)\w*\s+assistent|(?:chat)?bots?)\w*"
)
_ES_AWAY = r"(?:ignor[ae]\w*|olvid[ae]\w*|descart[ae]\w*|no\s+teng\w+\s+en\s+cuenta|ha[zg]\w*\s+caso\s+omiso\s+de)"
_ES_RULES = r"(?:instrucciones|reglas|normas|directrices|indicaciones|órdenes)"
_FIGURE = r"[^.!?\n]{0,80}(?:%|\d|prozent|rabatt|gratis|kostenlos|ciento|descuento|gratuit|remise)"

# Words, parted by bars, of which one is in all that the patterns below them find; short ones as whole words.
_PATTERNS: dict[str, tuple[str, ...]] = {
    # Away with the rules.
    f"{_AWAY_WORDS}|drop": (
        rf"\b(?:{_AWAY}|drop)\s+(?:everything|anything|all|whatever)\s+(?:that\s+)?"
        r"(?:you\s+(?:were|have been|are)\s+told|above|before this|that was said)",
        rf"\b{_AWAY}\s+(?:about\s+)?(?:all\s+|any\s+)?(?:of\s+)?(?:your|(?:the|these|those|all|any)?\s*{_BEFORE})\s+"
        r"(?:(?!assembly|mounting|washing|installation|printed|care|safety|manual|paper)\w+\s+){0,3}?"
        rf"{_RULES}\b",
        rf"\b(?:ignor\w*|disregard\w*|overrid\w*)\s+(?:all|any)\s+{_RULES}\b",
        r"\b(?:ignor\w*|disregard\w*|overrid\w*|bypass\w*)\s+your\s+training\b",
        rf"\b{_AWAY}\s+what\s+your\s+(?:developers?|makers?|creators?|operators?|programmers?)\b",
    ),
    "do not|don't|no longer|does not|void|suspended|obsolete": (
        rf"\byour\s+(?:\w+\s+){{0,2}}?{_RULES}\s+(?:(?:do not|don't|no longer|does not)\s+(?:apply|hold|count|matter)|"
        r"(?:is|are)\s+(?:now\s+)?(?:void|suspended|obsolete))",
    ),
    "new|updated|following": (
        rf"\b(?:new|updated|following)\s+(?:system\s+)?{_RULES}\s+for\s+(?:you|the assistant|{_AI})\b",
    ),
    "changed|lifted|replaced|updated": (
        r"\byour\s+(?:guidelines|guardrails|restrictions|programming|directives|safety rules)\s+(?:have|has)\s+"
        r"(?:now\s+)?(?:been\s+)?(?:changed|lifted|replaced|updated)\b",
    ),
    "secret|hidden|real|true|actual|system": (
        rf"\b(?:secret|hidden|real|true|actual)\s+{_RULES}\s*(?::|for you|follow|are as)",
        r"\bsystem\s+(?:directives?|override)\s*:",
    ),
    "task|purpose|role|goal|job|identity": (
        r"\byour\s+(?:real|true|actual)\s+(?:task|purpose|role|goal|job|identity)\s+(?:is|are)\b",
    ),
    # Who you are.
    _AI_WORDS: (
        rf"\b(?:if|when|since|because|as)\s+you(?:'re| are)\s+{_AI}\b{_NO_PERSON}",
        rf"\byou(?:'re|\s+are)\s+(?:now\s+|actually\s+|really\s+)?{_AI}\b{_NO_PERSON}",
        rf"\bas\s+{_AI}\s*,?\s*(?:you|it)\s+{_MUST}\b",
        r"\byou\s+are\s+no\s+longer\s+(?:an?\s+)?(?:sales\s+)?(?:assistant|agent)\b",
        r"\b(?:act|behave|respond|answer|roleplay|role-play|pose)\s+as\s+(?:if you (?:were|are)\s+)?(?:an?\s+)?"
        r"(?:ai\b|assistant|chat\s?bot|language model)",
        # Whom it is for.
        rf"\battention\s*[:,!-]*\s*{_AI}\b",
        rf"\b(?:{_NOTE})\s+(?:to|for)\s+{_AI}\b",
        rf"\b(?:{_NOTE})\s*[:,-]+\s*(?:to\s+|for\s+)?{_AI}\s*[:,]",
        rf"\b(?:dear|hey|hello)\s+{_AI}\b",
        rf"{_START}(?:to|for)\s+{_AI}\s*:",
        rf"{_START}{_AI}\s+(?:{_NOTE})\s*:",
        rf"\b{_TEXT}\s+(?:is|was|gets)\s+(?:being\s+)?(?:read|processed|parsed|ingested|summari[sz]ed|scanned|indexed|seen)\s+"
        rf"by\s+{_AI}\b",
        rf"{_START}{_AI}\s*(?:,|:)\s*(?:you\s+)?(?:{_MUST}\s+)?{_SAY}\b",
        rf"{_START}(?:{_AI}|assistant)\s*[:,][^.!?\n]{{0,100}},\s*(?:you\s+)?(?:{_MUST}\s+)?{_SAY}\b",
        rf"\b(?:{_AI}|(?:the\s+)?assistant\s+(?:reading|processing|that reads|who reads)\s+this(?:\s+\w+)?)\s+"
        rf"{_HAS_TO}{_SAY}\b",
        # Other assistants are people, who tell customers much, but seldom what.
        rf"\bthe\s+assistant\s+{_HAS_TO}(?:(?:say|state|claim|promise)\s+that|(?:answer|reply|respond)\s+(?:that|with))\b",
        rf"\b{_AI}\s+(?:that\s+|which\s+|who\s+)?(?:reads?|reading|pars\w+|process\w*|ingest\w*|summari\w+|scan\w*|index\w*|"
        rf"sees?|seeing)\s+{_TEXT}\b",
    ),
    "model|machine": (
        r"\b(?:whatever|whichever|any|the|every)\s+(?:model|machine)\s+(?:that\s+|which\s+)?(?:is\s+)?"
        r"(?:reads?|reading|pars\w+|process\w*|ingest\w*|summari\w+|sees?|seeing)\s+" + _TEXT + r"\b",
    ),
    "unrestricted|jailbroken|dan|mode|bound|restricted|limited|required|different|another|evil|uncensored": (
        r"\byou\s+are\s+(?:now\s+|actually\s+|really\s+)?(?:unrestricted|jailbroken|dan\b|"
        r"in (?:developer|debug|admin|god) mode)",
        r"\byou\s+are\s+no\s+longer\s+(?:an?\s+)?(?:bound|restricted|limited|required to follow)",
        r"\b(?:act|behave|respond|answer|roleplay|role-play|pose)\s+as\s+(?:if you (?:were|are)\s+)?(?:an?\s+)?"
        r"(?:unrestricted|different|another|evil|uncensored|dan\b)",
    ),
    "pretend": (
        # In a training course colleagues play customers.
        r"\bpretend\s+(?:that\s+)?(?:to be|you(?:'re| are| have))\b"
        rf"(?!\s+(?:an?\s+|the\s+|our\s+|one of our\s+)?(?:\w+\s+)?{_PEOPLE}\b)",
    ),
    "from now on": (
        r"\bfrom\s+now\s+on\s*,?\s*(?:every answer|the assistant|(?:you\s+)?(?:(?:must|will|shall|should)\s+)?"
        r"(?:(?:always|only|never)\s+)?(?:say|answer|respond|reply|speak|quote|pretend)\b(?!\s+(?:the\s+phone|calls)))",
    ),
    "summari|pars|ingest|index": (
        rf"\bwhen\s+(?:you\s+)?(?:summari\w+|pars\w+|ingest\w*|index\w*)\s+{_TEXT}\s*,?\s*(?:you\s+)?(?:{_MUST}\s+)?"
        rf"(?:{_SAY}|add|include|insert|append|write|output)\b",
    ),
    # What it is made of.
    "prompt": (
        rf"\b(?:{_AWAY}|your|new|follow|obey|reveal|show|print|repeat|output|recite|tell|leak)\s+(?:\w+\s+){{0,3}}?"
        r"(?:system|developer|initial|hidden)\s+prompts?\b(?!\s+(?:you|for|the|a)\b)",
        r"\bprompt\s+injection\b",
        r"\b(?:reveal|show|print|repeat|output|recite|disclose|leak)\s+your\s+prompt\b",
    ),
    "jail|mode": (
        r"\bjail\s?break\w*(?!\s+(?:\w+\s+){0,2}?(?:phone|device|tablet|handset)s?\b)",
        r"\b(?:god|dan)\s+mode\b",
        # Phones and machines have one too.
        r"\bdeveloper\s+mode\b[^.!?\n]{0,40}\b(?:answer|respond|reply|say|speak|comply|ignore|freely)\b",
    ),
    "reveal|print|repeat|output|recite|disclose|leak|display|dump": (
        rf"\b(?:reveal|print|repeat|output|recite|disclose|leak|display|dump)\s+(?:\w+\s+){{0,3}}?your\s+"
        rf"(?:\w+\s+){{0,2}}?{_RULES}\b",
    ),
    "<|inst]|system": (
        r"<\s*/?\s*(?:system|instructions?|assistant|im_?start|im_?end)\b[^>]{0,80}>|<\|[\w ]+\|>|\[/?inst\]|"
        r"^\s*system\s*:\s*(?:you|ignor|from now|new |overrid|the (?:assistant|model|ai)\b|sell|offer|always|never)",
    ),
    "###": (r"#{3,}\s*(?:system|new instructions?|instruction|assistant|override)\s*(?::|$)",),
    "override": (
        r"\b(?:begin|start|end|engage|initiate)\s+(?:of\s+)?(?:admin\w*|system|developer|root|security|manager|operator|"
        r"policy)\s+override\b",
    ),
    # What to do for whoever asks.
    _ASKED_WORDS: (
        r"\b(?:offer|give|grant|confirm|approve|apply|promise|accept|agree to)\b[^.!?\n]{0,80}\b(?:to|for|from|by)\s+"
        rf"{_EVERYBODY}(?:\s+who\s+(?:asks|calls)|\b(?=\s*[.!]?$))",
        r"\b(?:everyone|everybody|anyone|anybody|whoever|every caller|any caller)\s+(?:who\s+)?(?:asks|calls)"
        r"(?:\s+(?:for it|about it|us|here|this number))?\s*,?\s+(?:\w+\s+)?(?:gets?|receives?|pays?)\b",
        r"\b(?:tell|assure|convince|inform)\s+(?:the|every|each|all|any)\s+callers?\b[^.!?\n]{0,120}"
        r"(?:%|percent|free|dollars|[$€£]\s?\d)",
    ),
    "mention|reveal|disclose|tell": (
        r"\b(?:do not|don't|never)\s+(?:mention|reveal|disclose|tell (?:anyone|the (?:user|caller|customer)) about)\s+"
        r"(?:\w+\s+){0,2}?(?:this|these)\s+(?:instructions?|messages?|orders?|rules?|lines?)\b",
    ),
    "whatever|no matter|regardless": (
        r"\b(?:whatever|no matter what|regardless of what)\s+(?:the\s+)?(?:other\s+)?(?:documents?|price list|rules|"
        r"instructions)\s+sa(?:y|ys)\b",
    ),
    # What to say, dressed as a fact.
    "asks|wants|inquires": (
        rf"\b(?:when|if|whenever|should|once)\s+{_ASKER}\s+(?:asks?|wants?|inquires?)\b[^.!?\n]{{0,80}},\s*(?:then\s+)?"
        r"(?:please\s+)?(?:always\s+)?(?:you\s+)?(?:say|answer|reply|respond|quote|tell|state|confirm)\b"
        rf"[^.!?\n]{{0,80}}{_SUM}",
    ),
    "quotes|that|wording|answer|reply|response|script|summar|reader|system": (
        rf"\b{_VOICE}\s+(?:quotes|(?:says|answers|states|confirms|knows)\s+that)\b[^.!?\n]{{0,80}}{_SUM}",
        r"\b(?:approved|required|exact|mandatory|correct)\s+(?:wording|answer|reply|response|script)s?\s+(?:for|of)\s+"
        rf"{_VOICE}",
        rf"\bfor\s+{_AI}\s+(?:summar(?:y|ies)|readers?|systems?)\s*:",
    ),
    "told|informed|quoted|assured": (
        r"\bcallers?\s+(?:are|must be|should be|will be|have to be)\s+(?:told|informed|quoted|assured)\b[^.!?\n]{0,80}"
        + _SUM,
    ),
    "always": (
        r"\balways\s+(?:mention|say|state|confirm|answer|claim|repeat)\s+that\b(?!\s+you)[^.!?\n]{0,80}" + _SUM,
    ),
    "assistant|ai_|llm|bot_|agent_|model_": (
        r"[\"'](?:assistant|ai|llm|bot|agent|model)[_-]?(?:instruction|prompt|directive)s?[\"']\s*:",
    ),
    "quote|reads this": (
        r"\bquote\s+(?:the|our|an?|each|every|all)\s+[\w\s-]{2,40}?\s+at\s+[$€£]?\d",
        r"\bwhoever\s+reads\s+this\s+(?:out|aloud)\b",
    ),
    # The commonest ones in other languages.
    "anweisung|regel|vorgabe|instruktion|richtlinie|befehl": (
        rf"\b{_DE_AWAY}\s+(?:all|dein|eure|sämtlich)\w*\s+(?:\w+\s+){{0,2}}?{_DE_RULES}",
        rf"\b{_DE_AWAY}\s+(?:\w+\s+)?(?:bisher|vorher|früher|obig|vorig)\w*\s+(?:\w+\s+)?{_DE_RULES}",
        r"\bignorier\w*\s+die\s+(?:\w+\s+)?(?:anweisungen|regeln|vorgaben)",
    ),
    "ki|intelligenz|sprachmodell|sprachassistent|assistent|bot|bots|chatbot": (
        rf"\b{_DE_NOTE}\s+(?:an|für)\s+{_DE_AI}", rf"\b{_DE_NOTE}\s*[:,]?\s*{_DE_AI}\s*[:,!]",
    ),
    "instrucci|regla|norma|directri|indicaci|órdenes": (
        rf"\b{_ES_AWAY}\s+(?:\w+\s+)?(?:tus|todas\s+(?:las|sus))\s+(?:\w+\s+){{0,2}}?{_ES_RULES}",
        rf"\b{_ES_AWAY}\s+(?:\w+\s+){{1,2}}?{_ES_RULES}\s+(?:anterior|previ|recibid)\w*",
        r"\bignora\s+las\s+(?:instrucciones|reglas)",
    ),
    "ia|inteligencia|asistente|modelo|bot|bots|chatbot": (
        r"\b(?:nota|instrucci[oó]n(?:es)?|mensaje|aviso|atención|orden(?:es)?)\s+(?:para|al?)\s+(?:(?:la|el|los|cualquier|"
        r"tod[ao]s?)\s+)*(?:ia|inteligencia\s+artificial|asistentes?\s+(?:virtual|digital|de\s+voz|de\s+ia)|"
        r"modelos?\s+de\s+lenguaje|(?:chat)?bots?)\b",
    ),
    "instructions|règles|consignes|directives": (
        r"\b(?:ignore[rz]?|oublie[rz]?|néglige[rz]?|ne\s+(?:tiens|tenez|tenir)\s+(?:pas|plus|aucun)\s+compte\s+de|"
        r"fai(?:s|tes)\s+abstraction\s+de)\s+(?:toutes\s+)?(?:les|tes|vos)\s+(?:\w+\s+)?"
        r"(?:instructions|règles|consignes|directives)",
        r"\bne\s+(?:tiens|tenez|tenir)\s+(?:pas|plus|aucun)\s+compte\s+des\s+(?:\w+\s+)?(?:instructions|règles|consignes|"
        r"directives)\s+(?:précédent|antérieur|ci-dessus|reçu)",
    ),
    "ia|intelligence|modèle|assistant|agent|bot|bots|chatbot": (
        r"(?:\bà\s+l'attention\s+d\w+|\b(?:note|message|instructions?|avis|remarque|consignes?)\s+(?:à|aux?|pour))\s*"
        r"(?:(?:la|le|les|l'|tout|toute)\s*)*(?:ia|intelligence\s+artificielle|modèles?\s+de\s+lang(?:age|ue)|"
        r"assistants?\s+(?:virtuel|vocal|numérique)|agent\s+conversationnel|(?:chat)?bots?)\b",
    ),
    "istruzioni|regole|instruções|regras|instructies|regels": (
        r"\b(?:ignor|dimentic)\w+\s+(?:tutte\s+)?(?:le\s+)?(?:tue|vostre|istruzioni\s+precedenti|regole\s+precedenti)\b",
        r"\b(?:ignore|esqueça|desconsidere)\s+(?:todas\s+)?(?:as\s+)?(?:suas\s+)?(?:instruções|regras)\s+anteriores",
        r"\b(?:negeer|vergeet)\s+(?:al\s+)?(?:je|jouw|alle|de)\s+(?:vorige|eerdere)?\s*(?:instructies|regels)",
    ),
    "anrufer|llame|appelant": (
        rf"\b(?:sag|biete|versprich|gib|gewähre)\w*\s+(?:jede[mnr]|alle[nm]?)\s+anrufe\w*{_FIGURE}",
        rf"\b(?:di|dile|ofrece|promete|da|concede)\s+a\s+(?:todos\s+los|todo\s+el|quien)\s+que\s+llamen?\b{_FIGURE}",
        rf"\b(?:di[st]|dites|offre[zs]?|promet\w*|accorde[zs]?)\s+à\s+(?:tous\s+les|chaque|tout)\s+appelants?\b{_FIGURE}",
    ),
}  # fmt: skip

_SHORT = 4  # letters of a word that is only looked for whole: "ai" is in "chair"
_FINDERS = [
    (tuple(words.split("|")), [re.compile(pattern, re.I | re.M) for pattern in patterns])
    for words, patterns in _PATTERNS.items()
]
_NEEDLES = {word for words, _ in _FINDERS for word in words}
_WHOLE = {word for word in _NEEDLES if len(word) < _SHORT and word.isalpha()}
_WHOLE_WORD = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(_WHOLE))})(?!\w)")
_PART = _NEEDLES - _WHOLE


def orders_an_ai(plain: str) -> bool:
    """Whether a text, without tricks with letters, orders an AI around somewhere."""
    lower = plain.lower()
    there = {word for word in _PART if word in lower}
    there.update(_WHOLE_WORD.findall(lower))
    return bool(there) and any(
        not there.isdisjoint(words) and any(pattern.search(plain) for pattern in patterns)
        for words, patterns in _FINDERS
    )
