# cmake -DOUTPUT=FILE.cpp -DSOURCE_DIR=DIR -P embed.cmake: writes the page's files as constant data.
# Raw bytes as numbers: a string literal has a length limit and no escape is ever wrong this way.
set(assets "/|index.html|text/html" "/app.js|app.js|text/javascript"
           "/charts.js|charts.js|text/javascript"
           "/style.css|style.css|text/css" "/icon.svg|icon.svg|image/svg+xml")
set(text "#include \"dashboard/assets.hpp\"\n\nnamespace tradewind::dashboard {\nnamespace {\n\n")
set(table "")
set(index 0)
foreach(asset IN LISTS assets)
  string(REGEX MATCH "^([^|]*)\\|([^|]*)\\|(.*)$" unused "${asset}")
  set(path "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_2}")
  set(type "${CMAKE_MATCH_3}")
  if(type MATCHES "^text/")
    string(APPEND type "; charset=utf-8")
  endif()
  file(READ "${SOURCE_DIR}/${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND text "constexpr char kFile${index}[] = {${bytes}};\n")
  string(APPEND table "    {\"${path}\", \"${type}\", {kFile${index}, sizeof kFile${index}}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND text "\nconstexpr Asset kAssets[] = {\n${table}};\n\n}  // namespace\n\n"
  "const Asset* find_asset(std::string_view path) {\n"
  "    for (const auto& asset : kAssets) {\n        if (asset.path == path) return &asset;\n    }\n"
  "    return nullptr;\n}\n\n}  // namespace tradewind::dashboard\n")
file(WRITE "${OUTPUT}" "${text}")
