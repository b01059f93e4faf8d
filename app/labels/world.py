"""What the engine asked and nobody could answer."""

TEXT: dict[str, str] = {
    "world.no_parameter": "{on}这一天没有参数“{key}”。请先发布。",
}
