"""The page on which the public applies and asks for an answer."""

TEXT: dict[str, str] = {
    "apply.puzzle": "页面放得太久，或者浏览器没有算完。您写的都还在，请再点一次“交上去”。",
    "apply.twice": "这一份刚才已经交上来了，不用再交。",
    "apply.flood_hour": "同一个网络一小时里交得太多了。请过一个小时再试，或打电话 {hotline}。",
    "apply.flood_day": "今天网上申报太多，收不下了。请到镇村窗口，或打电话 {hotline}。",
    "apply.no_such_code": "没有这个查询码。请对照抄下来的再输一次，注意不要漏字。",
    "apply.outcome.enter": "核实过了，确有困难，已经进入申请程序。",
    "apply.outcome.watch": "核实过了，先关注着，到日子再看。",
    "apply.outcome.duplicate": "与先前报的是同一件，一并办理。",
    "apply.outcome.outside": "这一家不在本县，请向住的地方反映。",
    "apply.outcome.exclude_untrue": "核实过了，没有纳入：反映的情况与实际不符。",
    "apply.outcome.exclude_afford": "核实过了，没有纳入：有困难，但家里能够应付。",
    "apply.outcome.exclude_covered": "核实过了，没有纳入：已有政策解决。",
    "apply.outcome.exclude_data_wrong": "核实过了，没有纳入：数据有误。",
    "apply.outcome.exclude_gone": "核实过了，没有纳入：人已不在本地。",
    "apply.outcome.exclude_other": "核实过了，没有纳入。",
}
