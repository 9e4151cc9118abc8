// Package tl shows Telegram's API to Lua: any TL object as a table, and any
// method of the layer by its name.
package tl
