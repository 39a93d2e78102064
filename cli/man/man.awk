# SPDX-License-Identifier: MIT
# The sections of hebb(7) that stand in tables: topics of help.def, functions of builtin.def.
function plain(s) {
  gsub(/\\n"?\)?$/, "", s)
  gsub(/\\"/, "\"", s)
  gsub(/\\/, "\\e", s)
  gsub(/-/, "\\-", s)
  sub(/^[.']/, "\\\\\\&&", s)
  return s
}
FILENAME ~ /\.in$/ { print; next }
/^HELP\(/ {
  split($0, part, "\"")
  if (lines) print ".fi"
  print ".SH " toupper(part[4])
  print ".nf"
  lines = 1
  next
}
FILENAME ~ /help\.def$/ && /^"/ { print plain(substr($0, 2)); next }
/^BUILTIN\(/ {
  if (lines) print ".fi"
  lines = 0
  if (!functions++) print ".SH BUILT-IN FUNCTIONS"
  name = $0
  sub(/^BUILTIN\(/, "", name)
  sub(/,.*/, "", name)
  split($0, part, "\"")
  print ".TP"
  print ".B " plain(name part[2])
  print plain(part[4])
}
END {
  if (lines) print ".fi"
  print ".SH SEE ALSO"
  print ".BR hebb (1)"
}
