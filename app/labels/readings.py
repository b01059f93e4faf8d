"""How characters of names are read beside a dictionary's first reading: surnames, and given names with two readings."""

TEXT: dict[str, str] = {}

SURNAMES: dict[str, str] = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge gai",
    "翟": "zhai di", "覃": "qin tan", "缪": "miao mou", "洗": "xian", "召": "shao", "员": "yun", "贠": "yun",
    "乐": "yue le", "种": "chong", "句": "gou", "繁": "po", "能": "nai", "折": "she", "黑": "he hei", "秘": "bi mi",
    "祭": "zhai", "牟": "mou mu", "隗": "wei kui", "郗": "xi chi", "薄": "bo", "卜": "bu", "谌": "chen shen",
    "晟": "cheng sheng", "柏": "bai bo", "长": "zhang chang", "都": "du dou", "宓": "mi fu", "佴": "nai",
    "郇": "xun huan", "俞": "yu shu", "乜": "nie mie", "藏": "zang", "参": "can shen", "炅": "gui jiong",
    "率": "lv shuai", "莘": "shen xin", "费": "fei bi", "阚": "kan", "适": "kuo shi", "洼": "wa gui",
    "重": "zhong chong", "角": "jiao jue", "不": "fou bu", "咎": "gao jiu", "單": "shan", "區": "ou", "蓋": "ge gai",
    "樂": "yue le", "繆": "miao mou", "員": "yun", "長": "zhang chang", "諶": "chen shen",
}  # fmt: skip
"""A surname's readings, the usual one first."""

COMPOUND: dict[str, str] = {
    "朴阳": "piao yang", "尉遲": "yu chi", "單于": "chan yu", "澹臺": "tan tai",
}  # fmt: skip
"""Surnames of two characters, a reading for each."""

GIVEN: dict[str, str] = {
    "乐": "le yue", "长": "chang zhang", "行": "xing hang", "重": "chong zhong", "朝": "chao zhao",
    "盛": "sheng cheng", "晟": "sheng cheng", "茜": "qian xi", "莎": "sha suo", "娜": "na nuo", "传": "chuan zhuan",
    "藏": "cang zang", "柏": "bai bo", "菀": "wan yu", "佛": "fo fu", "单": "dan shan",
    "曾": "zeng ceng", "参": "can shen", "省": "sheng xing", "说": "shuo yue", "奇": "qi ji", "蔚": "wei yu",
    "翟": "zhai di", "解": "jie xie", "车": "che ju", "谷": "gu yu", "宿": "su xiu",
    "调": "diao tiao", "珩": "heng hang", "颉": "jie xie", "隽": "jun juan", "禅": "chan shan",
    "都": "du dou", "薄": "bo bao", "朴": "pu piao", "查": "cha zha", "槟": "bin bing", "炅": "jiong gui",
    "莞": "guan wan", "瑱": "zhen tian", "埔": "pu bu", "番": "fan pan", "樂": "le yue", "長": "chang zhang",
    "卜": "bu bo", "傳": "chuan zhuan", "單": "dan shan", "車": "che ju", "調": "diao tiao",
}  # fmt: skip
"""Readings of one character inside a name that people may look for."""
