"""Signing in, passwords, and accounts that administrators change."""

TEXT: dict[str, str] = {
    # Accounts.
    "accounts.wrong": "账号或密码不对。连错 {free} 次后要等 1 分钟再试，以后每错一次加倍；忘了密码请找系统管理员重置。",
    "accounts.disabled": "这个账号已停用，请联系系统管理员。",
    "accounts.name": "姓名",
    "accounts.name_needed": "请写姓名，最多 40 个字。",
    "accounts.bad_username": "账号要 3 到 40 个英文字母、数字或横线。",
    "accounts.username_taken": "账号“{username}”已经有人用了，请换一个。",
    "accounts.no_username": "这个人没有账号，不能重设密码。",
    "accounts.role_needed": "请选岗位。",
    "accounts.unit_needed": "请选单位：先按名称查找，再从找到的里面选。",
    "accounts.role_not_here": "这个岗位不能设在这个单位。请核对岗位和单位的级别。",
    "accounts.reset_already": "{name}的密码刚才已经重设，没有再改一次。一次性密码只显示一次；没记下来的请再点“重设密码”。",
    "accounts.held_already": "这个人已经有这个岗位。",
    "accounts.roles_apart": "这个岗位不能和这个人现有的岗位兼任（三员分设、监督与办理分开）。",
    "accounts.code_used": "这个一次性密码已经用过，只能用一次。请找系统管理员再重设一次。",
    "accounts.code_over": "这个一次性密码已经过期。请找系统管理员再重设一次。",
    "accounts.demo_password": "这个账号用的是公开的演示密码，谁都能登录，已经停用。请找系统管理员重设密码。",
    "accounts.password_guessed": "这个密码太好猜，不能用。",
    "accounts.not_oneself": "不能改自己的账号和岗位，请另一位管理员来办。",
    "accounts.inactive": "这个账号已停用，请联系系统管理员。",
}
