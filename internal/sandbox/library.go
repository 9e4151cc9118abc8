package sandbox

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"luahost/internal/clip"
)

// library is the standard library that a script sees: gopher-lua's, of which
// only these names stay, with some replaced. What is not named here is gone: all
// that reads files or the environment, loads code of unknown kind, reaches
// another function's environment, or stops the process.
var library = []struct {
	name    string
	open    lua.LGFunction
	keep    []string
	replace func(vm *VM, module *lua.LTable, std map[string]lua.LValue)
}{
	{
		lua.BaseLibName, lua.OpenBase,
		[]string{
			"_G", "_VERSION", "getmetatable", "ipairs", "next", "pairs", "rawequal", "rawget",
			"select", "type", "unpack",
		},
		replaceBase, // assert, error, load, loadstring, pcall, rawset, setmetatable, tonumber, tostring, xpcall
	},
	{
		lua.TabLibName, lua.OpenTable,
		[]string{"getn"},
		replaceTable, // concat, insert, maxn, remove, sort; and select, unpack
	},
	{
		lua.StringLibName, lua.OpenString,
		[]string{"len", "sub"},
		replaceString, // byte, char, find, format, gmatch, gsub, lower, match, rep, reverse, upper
	},
	{
		lua.MathLibName, lua.OpenMath,
		[]string{
			"abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod", "frexp", "ldexp",
			"log", "log10", "max", "min", "mod", "modf", "pi", "pow", "rad", "sin", "sinh", "sqrt", "tan", "tanh",
		},
		replaceMath, // huge, random, randomseed
	},
	{
		lua.CoroutineLibName, lua.OpenCoroutine,
		nil,
		replaceCoroutine, // create, resume, running, status, wrap, yield
	},
	{
		lua.OsLibName, lua.OpenOs,
		nil,
		replaceOS, // clock, date, difftime, time
	},
}

// openLibraries installs the library into a fresh VM.
func (vm *VM) openLibraries() {
	L := vm.state
	for _, lib := range library {
		L.Push(L.NewFunction(lib.open))
		L.Push(lua.LString(lib.name))
		L.Call(1, 0)
		module := L.G.Global
		if lib.name != lua.BaseLibName {
			module = L.GetGlobal(lib.name).(*lua.LTable)
		}
		std := map[string]lua.LValue{}
		module.ForEach(func(k, v lua.LValue) { std[k.String()] = v })
		for name := range std {
			if !slices.Contains(lib.keep, name) {
				module.RawSetString(name, lua.LNil)
			}
		}
		if lib.replace != nil {
			lib.replace(vm, module, std)
		}
	}
}

func replaceBase(vm *VM, base *lua.LTable, std map[string]lua.LValue) {
	setmetatable, rawset := std["setmetatable"].(*lua.LFunction).GFunction, std["rawset"].(*lua.LFunction).GFunction
	vm.state.SetFuncs(base, map[string]lua.LGFunction{
		"assert":     assert,
		"error":      raise,
		"load":       vm.loadPieces,
		"loadstring": vm.loadText,
		"tonumber":   toNumber,
		"tostring":   toString,
		"pcall":      vm.withRoom(std["pcall"].(*lua.LFunction).GFunction),
		"xpcall":     vm.withRoom(vm.ending(std["xpcall"])),
		"rawset": func(L *lua.LState) int {
			rawset(L)
			L.SetTop(1) // gopher-lua's gives nothing
			return 1
		},
		"setmetatable": func(L *lua.LState) int {
			L.CheckTable(1) // gopher-lua would set the one metatable of all strings or functions
			return setmetatable(L)
		},
	})
}

// withRoom is pcall or xpcall once there is room for one more call. Where there
// is none, gopher-lua's lose eight calls of the stack when they catch that:
// wrong results come out of the calls around, and faults in Go.
func (vm *VM) withRoom(protected lua.LGFunction) lua.LGFunction {
	nothing := vm.state.NewFunction(func(*lua.LState) int { return 0 })
	return func(L *lua.LState) int {
		L.Push(nothing)
		L.Call(0, 0)
		results := protected(L)
		if results > 0 && L.Get(-results) == lua.LFalse {
			BudgetOf(L).Charge(caught)
			vm.passOn(L, results)
		}
		return results
	}
}

// ending is xpcall whose handler does not get the errors of limits: what it made of them
// could not be told from an error of the script's own.
func (vm *VM) ending(xpcall lua.LValue) lua.LGFunction {
	protected := xpcall.(*lua.LFunction).GFunction
	return func(L *lua.LState) int {
		if own, ok := L.Get(2).(*lua.LFunction); ok {
			L.Replace(2, L.NewFunction(func(L *lua.LState) int {
				if L.Get(1) == overflow || BudgetOf(L).over != nil {
					return 1
				}
				L.Insert(own, 1)
				L.Call(L.GetTop()-1, lua.MultRet)
				return L.GetTop()
			}))
		}
		return protected(L)
	}
}

// passOn raises an error again that says why the work has to end, when it was caught
// as the second of so many results: the next instruction would raise it anyway, and
// name its own line.
func (vm *VM) passOn(L *lua.LState, results int) {
	if results < 2 {
		return
	}
	b, text := BudgetOf(L), L.Get(1-results)
	if text == overflow {
		b.end(vm.limits.tooDeep())
		L.Error(lua.LString(b.over.Error()), 0)
	}
	if b.over != nil && text.Type() == lua.LTString && strings.HasSuffix(text.String(), b.over.Error()) {
		L.Error(text, 0)
	}
}

// overflow is what gopher-lua says of calls that are nested too deeply.
const overflow = lua.LString("lua callstack overflow")

// caught is what an error costs that is caught, in instructions: gopher-lua writes
// down where each came from, which takes it longer the deeper that was.
const caught = 250

// assert raises its second argument as it is; gopher-lua's takes text only.
func assert(L *lua.LState) int {
	if L.CheckAny(1); L.ToBool(1) {
		return L.GetTop()
	}
	if L.GetTop() < 2 {
		L.RaiseError("assertion failed!")
	}
	L.Error(unlike(L.Get(2)), 0)
	return 0
}

// raise is error; gopher-lua's takes level 2, the caller's caller, for level 1.
func raise(L *lua.LState) int {
	v, level := L.Get(1), L.OptInt(2, 1)
	if text, ok := v.(lua.LString); ok && level > 0 {
		if at := L.Where(level); at != "" && !strings.HasPrefix(at, "[G]") {
			v = lua.LString(at+" ") + text
		}
	}
	L.Error(unlike(v), 0)
	return 0
}

// unlike is an error of a script's that nobody takes for the end of the stack: it may have
// the words from a message.
func unlike(v lua.LValue) lua.LValue {
	if v == overflow {
		return overflow + "!"
	}
	return v
}

// maxChunkName bounds the name of code that is made from text, in bytes: it is
// in every error and in each line of a traceback.
const maxChunkName = 60

// Code that is made from text may have this many bytes, each of which costs as
// much as so many instructions: compiling it is one step that cannot be ended.
const (
	maxLoaded           = 64 << 10
	instructionsPerByte = 16
)

// loadText is loadstring: Lua's text only, gopher-lua has no binary chunks.
func (vm *VM) loadText(L *lua.LState) int {
	return vm.loadSource(L, L.CheckString(1), L.OptString(2, "loadstring"))
}

// loadPieces is load: it asks its argument for pieces until there are no more.
func (vm *VM) loadPieces(L *lua.LState) int {
	piece, name := L.CheckFunction(1), L.OptString(2, "load")
	var source strings.Builder
	for source.Len() <= vm.maxLoaded() {
		L.Push(piece)
		L.Call(0, 1)
		text := lua.LVAsString(L.Get(-1))
		L.Pop(1)
		if text == "" {
			break
		}
		source.WriteString(text)
	}
	return vm.loadSource(L, source.String(), name)
}

func (vm *VM) maxLoaded() int { return min(vm.limits.Source, maxLoaded) }

func (vm *VM) loadSource(L *lua.LState, source, name string) int {
	if limit := vm.maxLoaded(); len(source) > limit {
		L.RaiseError("the source is longer than %d bytes", limit)
	}
	pay(L, len(source)*instructionsPerByte)
	proto, err := Compile(textChunk(name), source)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	L.Push(L.NewFunctionFromProto(proto))
	return 1
}

// textChunk names a chunk as Lua does that is no file's, also where the script wants it
// to look like one: it could pass for another script's.
func textChunk(name string) string {
	return `[string "` + oneLine(clip.Counted(strings.TrimLeft(name, "=@"), maxChunkName)) + `"]`
}

// replaceMath gives each script its own random numbers: gopher-lua's
// math.randomseed would seed those of the whole process. Of texts it makes numbers as
// Lua does.
func replaceMath(vm *VM, math *lua.LTable, std map[string]lua.LValue) {
	for name, fn := range std {
		if fn, ok := fn.(*lua.LFunction); ok && math.RawGetString(name) == fn {
			math.RawSetString(name, vm.state.NewFunction(ofNumbers(fn.GFunction)))
		}
	}
	math.RawSetString("huge", lua.LNumber(inf))
	vm.state.SetFuncs(math, map[string]lua.LGFunction{
		"random":     ofNumbers(vm.randomNumber),
		"randomseed": ofNumbers(vm.seedRandom),
	})
}

var inf = math.Inf(1) // gopher-lua's math.huge is the largest finite number

func (vm *VM) randomNumber(L *lua.LState) int {
	if L.GetTop() == 0 {
		L.Push(lua.LNumber(vm.random.Float64()))
		return 1
	}
	low, high := int64(1), L.CheckInt64(1)
	if L.GetTop() > 1 {
		low, high = high, L.CheckInt64(2)
	}
	if low > high || high-low < 0 || high-low == math.MaxInt64 {
		L.RaiseError("bad arguments to random (the interval is empty or too large)")
	}
	L.Push(lua.LNumber(low + vm.random.Int64N(high-low+1)))
	return 1
}

func (vm *VM) seedRandom(L *lua.LState) int {
	seed := math.Float64bits(float64(L.CheckNumber(1)))
	vm.random = rand.New(rand.NewPCG(seed, seed))
	return 0
}
