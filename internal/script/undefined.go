package script

import "fmt"

// maxWarnings is how many names a script is warned of that nobody defines.
const maxWarnings = 20

// warn tells of globals that the script reads and nobody defines: slips of the
// fingers, most of them, in lines that may not run before next winter.
func (rt *Runtime) warn() {
	for i, name := range rt.undefined {
		if i == maxWarnings {
			rt.log.Warn("more names of the script are defined by nobody", "names", len(rt.undefined)-i)
			break
		}
		text := fmt.Sprintf("%s:%d: no global %q", name.Chunk, name.Line, name.Name)
		if name.Hint != "" {
			text += ": " + name.Hint
		}
		rt.log.Warn(text)
	}
	rt.undefined = nil
}
