package script

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// places are where changes can concern the scripts beside the scripts folder
// itself.
type places struct {
	folders map[string]bool // that hold modules, would hold them, or what a link leads to
	names   map[string]bool // of files, and of folders on the way to them
}

// places lists what to watch for the modules that scripts require, those that do
// not exist included, and for scripts that are links.
func (h *Host) places() places {
	p := places{folders: map[string]bool{}, names: map[string]bool{}}
	dir := h.opts.Dir
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return p // the folder is gone
	}
	for _, file := range h.files() {
		path := filepath.Join(dir, file)
		for at := filepath.Dir(path); at != dir; at = filepath.Dir(at) {
			p.names[filepath.Base(at)] = true
			if real, err := filepath.EvalSymlinks(at); err == nil && isBelow(root, real) && isFolder(real) {
				p.folders[real] = true
			}
		}
		if !isLink(path) {
			continue
		}
		if real, err := filepath.EvalSymlinks(path); err == nil && (isBelow(root, real) || isScript(file)) {
			p.names[filepath.Base(real)] = true
			p.folders[filepath.Dir(real)] = true
		}
	}
	delete(p.folders, root)
	return p
}

// files lists the scripts, and the modules that they ask for.
func (h *Host) files() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	files := map[string]bool{}
	for name, s := range h.scripts {
		files[name] = true
		for file := range s.seen.modules {
			files[filepath.FromSlash(file)] = true
		}
		if s.live == nil {
			continue
		}
		for file := range s.live.modules.contents.modules {
			files[filepath.FromSlash(file)] = true
		}
	}
	list := make([]string, 0, len(files))
	for file := range files {
		list = append(list, file)
	}
	slices.Sort(list)
	return list
}

// isBelow says whether path is in a folder, neither of which is a link.
func isBelow(folder, path string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
