# SPDX-License-Identifier: MIT
# What a terminal shows, with its colours, as an SVG picture. Reads the bytes that went to the terminal (LC_ALL=C).
# Braille letters are drawn as the dots they are, so that the picture does not depend on fonts.
BEGIN {
  W = 8.4; H = 17; PAD = 14
  for (k = 1; k < 256; k++) code[sprintf("%c", k)] = k
  split("0072b2 d55e00 009e73 cc79a7", ignore, " ")
  rgb[39] = "#4fb3ff"; rgb[208] = "#ff8c1a"; rgb[35] = "#2dbd73"; rgb[175] = "#d98cc0"; rgb[220] = "#ffd43b"
  fg = plain = "#d6dbe0"
}
function color256(n,   v, s, k) {
  if (n in rgb) return rgb[n]
  if (n < 16 || n > 231) return plain
  n -= 16
  s = "#"
  for (k = 36; k >= 1; k /= 6) { v = int(n / k) % 6; s = s sprintf("%02x", v ? 55 + 40 * v : 0) }
  return s
}
function escape(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); return s }
function flush(   x) {
  if (text != "") {
    x = PAD + start * W
    out = out sprintf("<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\"%s textLength=\"%.1f\" lengthAdjust=\"spacingAndGlyphs\">%s</text>\n",
      x, PAD + row * H + 13, fg, bold ? " font-weight=\"bold\"" : "", (column - start) * W, escape(text))
  }
  text = ""
}
function dots(bits,   k, c, r) {
  for (k = 0; k < 8; k++) {
    if (!(int(bits / 2 ^ k) % 2)) continue
    c = k < 6 ? int(k / 3) : k - 6
    r = k < 6 ? k % 3 : 3
    out = out sprintf("<rect x=\"%.2f\" y=\"%.2f\" width=\"2.6\" height=\"2.6\" rx=\"1.3\" fill=\"%s\"/>\n",
      PAD + column * W + 0.8 + c * W / 2, PAD + row * H + 0.8 + r * H / 4, fg)
  }
}
function sgr(list,   p, n, k) {
  flush()
  n = split(list, p, ";")
  if (list == "") { fg = plain; bold = 0; return }
  for (k = 1; k <= n; k++) {
    if (p[k] == 0) { fg = plain; bold = 0 }
    else if (p[k] == 1) bold = 1
    else if (p[k] == 2) fg = "#8a939c"
    else if (p[k] == 38 && p[k + 1] == 5) { fg = color256(p[k + 2]); k += 2 }
  }
}
function letter(s, wide) {
  if (text == "") start = column
  text = text s
  column += wide
}
{
  line = $0
  gsub(/\r/, "", line)
  column = 0
  text = ""
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    b = code[c]
    if (b == 27) {
      rest = substr(line, i)
      if (match(rest, /^\033\[[?0-9;]*[A-Za-z]/)) {
        if (substr(rest, RLENGTH, 1) == "m") sgr(substr(rest, 3, RLENGTH - 3))
        i += RLENGTH - 1
      }
    } else if (b == 226 && code[substr(line, i + 1, 1)] >= 160 && code[substr(line, i + 1, 1)] <= 163) {
      flush()
      dots((code[substr(line, i + 1, 1)] - 160) * 64 + code[substr(line, i + 2, 1)] - 128)
      column++
      i += 2
    } else if (b >= 192) {
      n = b >= 224 ? 3 : 2
      letter(substr(line, i, n), 1)
      i += n - 1
    } else if (c == " ") {
      flush()
      column++
    } else letter(c, 1)
  }
  flush()
  row++
  if (column > widest) widest = column
}
END {
  w = 2 * PAD + (widest > 80 ? widest : 80) * W
  h = 2 * PAD + row * H
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\">\n", w, h, w, h
  printf "<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#1c2228\"/>\n%s</svg>\n", out
}
