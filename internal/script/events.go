package script

// Events lists what the script has handlers for, once for each handler. It is
// complete when the script has loaded.
func (rt *Runtime) Events() []string {
	names := make([]string, len(rt.handlers))
	for i, h := range rt.handlers {
		names[i] = h.event
	}
	return names
}
