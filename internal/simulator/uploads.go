package simulator

import "github.com/gotd/td/tg"

// Nothing here ever shows an uploaded file again, so what is kept of one is the
// size of its parts.

// maxPart is how many bytes a part of a file has
// (https://core.telegram.org/api/files#uploading-files).
const maxPart = 512 << 10

// maxParts is how many parts a file has: upload_max_fileparts_default of
// https://core.telegram.org/api/config.
const maxParts = 4000

// maxUploads is how many files a user may be sending at once. Our choice; the one
// with the smallest id is forgotten for the next one.
const maxUploads = 16

// upload is a file that a user is sending, by the number of the part.
type upload map[int]int

// saveFilePart takes a part of a small file.
func (t *Telegram) saveFilePart(from *Client, in *tg.UploadSaveFilePartRequest) (*tg.BoolTrue, error) {
	return t.savePart(from, in.FileID, in.FilePart, len(in.Bytes))
}

// saveBigFilePart takes a part of a large file. Our choice: that the parts are as
// many as was said shows only when the file is used.
func (t *Telegram) saveBigFilePart(from *Client, in *tg.UploadSaveBigFilePartRequest) (*tg.BoolTrue, error) {
	if in.FileTotalParts < 1 || in.FileTotalParts > maxParts {
		return nil, Refuse(400, "FILE_PARTS_INVALID")
	}
	return t.savePart(from, in.FileID, in.FilePart, len(in.Bytes))
}

func (t *Telegram) savePart(from *Client, file int64, part, size int) (*tg.BoolTrue, error) {
	switch {
	case part < 0 || part >= maxParts:
		return nil, Refuse(400, "FILE_PART_INVALID")
	case size == 0:
		return nil, Refuse(400, "FILE_PART_EMPTY")
	case size > maxPart:
		return nil, Refuse(400, "FILE_PART_TOO_BIG")
	}
	uploads := from.user.uploads
	if uploads[file] == nil {
		if len(uploads) >= maxUploads {
			delete(uploads, smallest(uploads))
		}
		uploads[file] = make(upload)
	}
	uploads[file][part] = size
	return &tg.BoolTrue{}, nil
}

func smallest(uploads map[int64]upload) int64 {
	least, first := int64(0), true
	for id := range uploads {
		if first || id < least {
			least, first = id, false
		}
	}
	return least
}

// take gives the size of a file that was sent whole, and forgets it.
func (u *user) take(in tg.InputFileClass) (size int, whole bool) {
	var id int64
	var parts int
	switch in := in.(type) {
	case *tg.InputFile:
		id, parts = in.ID, in.Parts
	case *tg.InputFileBig:
		id, parts = in.ID, in.Parts
	}
	file := u.uploads[id]
	if parts < 1 || parts != len(file) {
		return 0, false
	}
	for part := range parts {
		if file[part] == 0 {
			return 0, false
		}
		size += file[part]
	}
	delete(u.uploads, id)
	return size, true
}
