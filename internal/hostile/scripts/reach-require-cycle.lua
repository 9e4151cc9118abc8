-- tries: modules that require each other
-- must: be refused: hostile_a.*hostile_b.*hostile_a|require
require "lib.hostile_a"
