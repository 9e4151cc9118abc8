require "lib.hostile_a"
