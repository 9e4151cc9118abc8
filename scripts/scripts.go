// Package scripts carries the default rules, so that a luahost without a clone
// beside it has something to begin with.
package scripts

import "embed"

// Default holds the rules of this folder.
//
//go:embed *.lua
var Default embed.FS
