"""Words of files that mean the same in every column."""

TEXT: dict[str, str] = {}

YES_NO: dict[str, tuple[str, ...]] = {
    "yes": ("是", "有", "已", "对", "在", "参加", "已参加", "参保", "已参保", "已购买", "已缴费", "正常参保",
            "在保", "已缴", "√", "✓", "✔", "Y", "YES", "TRUE", "T", "1"),
    "no": ("否", "无", "没有", "没", "不是", "未", "未参加", "没参加", "没有参加", "不参加", "未参保", "没参保", "没有参保",
           "未购买", "未缴费", "未缴", "停保", "断保", "退保",
           "×", "✗", "✘", "N", "NO", "FALSE", "F", "0"),
}  # fmt: skip
"""What a column of yes and no is answered with, beside its own words."""
