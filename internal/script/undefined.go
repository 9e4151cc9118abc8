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
		text := fmt.Sprintf("no global %q", name.Name)
		if name.Hint != "" {
			text += ": " + name.Hint
		}
		if name.Chunk == rt.script {
			rt.log.Warn(text, "line", name.Line)
		} else {
			rt.log.Warn(text, "file", name.Chunk, "line", name.Line)
		}
	}
	rt.undefined = nil
}
