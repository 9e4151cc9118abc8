-- tries: to load a module that is a link out of the folder
-- must: be refused: link|require|outside
require "lib.hostile_out"
