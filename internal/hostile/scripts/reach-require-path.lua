-- tries: to load files by paths of all kinds
-- must: be refused: none was loaded
local loaded
for _, name in ipairs{
  "/etc/passwd", "../../etc/passwd", "....etc.passwd", "lib/../../secret", "lib.....secret", "\0", "lib\0.x", "C:\\boot", "~/secret",
  "", ".", "..", "lib.", ".lib", "lib..x", ("a."):rep(100000), "%s%s%n", "lib/evil", "file:///etc/passwd", "reach-require-path",
} do
  local ok = pcall(require, name)
  loaded = loaded or ok and name
end
error(loaded and loaded .. " was loaded" or "none was loaded")
