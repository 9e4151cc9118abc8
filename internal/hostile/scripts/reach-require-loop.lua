-- tries: a module that never ends
-- must: be refused: instructions|too slow|require
require "lib.hostile_loop"
