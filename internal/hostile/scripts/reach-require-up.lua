-- tries: to load a file above the folder of the scripts
-- must: be refused: require|folder|module
require "..secrets"
