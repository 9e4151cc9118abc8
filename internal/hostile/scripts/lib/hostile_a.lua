require "lib.hostile_b"
