package script

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// errUnsettled is a file that changed, or went, while it was read.
var errUnsettled = errors.New("is being written")

// file is what was found under a script's name.
type file struct {
	name   string
	source string
	err    error // why there is no source
}

// digest tells contents apart, and one reason for having none from another.
func (f file) digest() string {
	if f.err != nil {
		return f.err.Error()
	}
	sum := sha256.Sum256([]byte(f.source))
	return hex.EncodeToString(sum[:])
}

// isScript tells scripts from their tests, dotfiles and editors' backups.
func isScript(name string) bool {
	return strings.HasSuffix(name, ".lua") && !strings.HasSuffix(name, "_test.lua") && !strings.HasPrefix(name, ".")
}

// readFolder reads every script, in the order of their names.
func readFolder(dir string, limit int) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	var files []file
	for _, entry := range entries {
		if isScript(entry.Name()) {
			files = append(files, readFile(dir, entry.Name(), limit))
		}
	}
	return files, nil
}

func folderError(dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the scripts folder %s does not exist; make it, or correct its name", dir)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the scripts folder %s cannot be read: permission denied", dir)
	default:
		return fmt.Errorf("read the scripts folder: %w", err)
	}
}

// readFile reads one script.
func readFile(dir, name string, limit int) file {
	path := filepath.Join(dir, name)
	source, err := readSettled(os.Stat, os.Open, path, limit)
	switch {
	case err == nil, errors.Is(err, errUnsettled):
	case errors.Is(err, fs.ErrNotExist) && !isLink(path): // gone since the folder was listed
		err = errUnsettled
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("%s: a link to a file that does not exist", name)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%s: permission denied", name)
	default:
		err = fmt.Errorf("%s: %w", name, err)
	}
	return file{name: name, source: source, err: err}
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// readSettled reads a file that is not written to meanwhile, at most a byte more
// than the limit.
func readSettled(stat func(string) (fs.FileInfo, error), open func(string) (*os.File, error), path string, limit int) (string, error) {
	before, err := stat(path)
	switch {
	case err != nil:
		return "", err
	case before.IsDir():
		return "", errors.New("a folder, not a script")
	case !before.Mode().IsRegular():
		return "", errors.New("not a regular file")
	case before.Size() == 0: // as what /proc makes up says, of which some has no end
		return "", nil
	}
	f, err := open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	source, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return "", err
	}
	after, err := stat(path)
	if err != nil || !os.SameFile(before, after) || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return "", errUnsettled
	}
	return string(source), nil
}
