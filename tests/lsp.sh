#!/bin/sh
# SPDX-License-Identifier: MIT
# The language server, spoken to by a scripted client over its real protocol, as TAP.
. "${top_srcdir:-.}/tests/common.sh"
client=$(pwd)/tests/lsp_client
if [ ! -x "$client" ]; then
  echo "1..0 # SKIP this hebb was built without jansson"
  exit 0
fi
mkdir -p tests/work/lsp && cd tests/work/lsp || exit 99
# Under the sanitizers everything takes ten times as long.
edits=1000
[ -n "$SANITIZERS" ] && edits=120
timeout 600 "$client" "$HEBB" "$top_srcdir/examples" "${LSP_EDITS:-$edits}"
