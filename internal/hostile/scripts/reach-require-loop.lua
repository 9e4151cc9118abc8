-- tries: a module that never ends
-- must: be refused: instructions|require
require "lib.hostile_loop"
