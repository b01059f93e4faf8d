"""Signed pages that are uploaded."""

TEXT: dict[str, str] = {
    "scans.wrong": "{said}",
    "scans.not_taken": "{name}没有收下：{why}",
    # Uploaded pages.
    "scans.not_a_page": "只收照片（JPEG、PNG）和 PDF。请拍照或扫描后再上传。",
    "scans.unreadable": "这张照片打不开，可能没有传完整。请重新拍一张。",
    "scans.too_many_pixels": "这张照片的像素太多（最多 {millions} 百万）。请用手机的普通清晰度重拍，或先裁小再上传。",
    "scans.heic": "这是 HEIC 格式的照片，打不开。请在手机相机的设置里把格式改成“兼容性最好”（JPEG）再拍，或者截一张图上传。",
    "scans.too_many_at_once": "一次最多交 {most} 个文件。",
    "scans.busy": "正在处理的照片太多，请过半分钟再传。已填的内容都还在。",
    "scans.too_many_waiting": "您已上传 {most} 页，还没有一页随表单办结。请先办结或删掉不用的页，再传新的。",
    "scans.too_large": "这个文件太大，最多 {megabytes} MB。请一页一页上传。",
}
