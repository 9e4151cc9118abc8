// Package module describes require for the manual, and nothing else: a module is
// part of the script that requires it, so internal/script reads, runs and watches
// it, and installs the function. It is called by whoever generates docs/reference.
package module

import "luahost/bindings/manual"

// functions are what scripts see.
var functions = []manual.Entry{
	{
		Name: "require", Gives: "what the module returned, or true if that was nothing",
		Params: manual.Params{{
			Name: "name", Type: manual.Text("the name of a module"),
			Doc: "a file in the scripts folder without `.lua`, with a dot for each folder: `\"lib.people\"` is `lib/people.lua`. Nothing outside of the folder can be reached, by no name and no link",
		}},
		Doc: "Runs another file of Lua and gives what that returned. Each script runs a module once and for itself: two scripts that require one share its text, not its values. `require` stands at the top of a script or of a module; in a handler it only gives what was loaded there. The module may do what a script may do at its top, `on` and `rule` included, and gets its own name as `...`. A change in a module loads the scripts anew that require it, directly or not, and no others; while it is broken, or missing, these go on as they are. Modules that wait for each other are an error that shows the circle. A file directly in the scripts folder is a script as well, so what only others use is better kept in a folder.",
		Example: `local ok, people = pcall(require, "lib.people") -- lib/people.lua: return {vip = {[123456789] = true}}
local vip = ok and people.vip or {}

on("call", function(call)
  if vip[call.from.id] then log.info("somebody important rings", {id = call.from.id}) end
end)`,
	},
}

// Functions describes them.
func Functions() []manual.Entry { return functions }
