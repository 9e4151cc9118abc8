package simulator

import (
	"encoding/json"
	"slices"

	"github.com/gotd/td/tg"
)

// sendSignalingData carries bytes to the other side of an active call
// (https://core.telegram.org/api/calls#signaling-data). Our choice: only the
// device that is in the call may send, and nothing is kept for one that listens
// later.
func (t *Telegram) sendSignalingData(from *Client, in *tg.PhoneSendSignalingDataRequest) (*tg.BoolTrue, error) {
	c, err := t.inputCall(from, in.Peer)
	if err != nil {
		return nil, err
	}
	if c.State != Active || from != c.from.device && from != c.to.device {
		return nil, Refuse(400, "CALL_PEER_INVALID")
	}
	other := c.from
	if from == c.from.device {
		other = c.to
	}
	data := &tg.UpdatePhoneCallSignalingData{PhoneCallID: c.ID, Data: slices.Clone(in.Data)}
	t.tell(other.device, t.envelope(other.user, nil, data))
	return &tg.BoolTrue{}, nil
}

// getCallConfig answers for a library that nobody uses any more.
func (t *Telegram) getCallConfig(*Client, *tg.PhoneGetCallConfigRequest) (*tg.DataJSON, error) {
	return &tg.DataJSON{Data: "{}"}, nil
}

// setCallRating keeps the rating of a call that was active. Our choice: there is
// no bot to send it to, so the answer tells of no message; stars outside 1 to 5
// are refused as RATING_INVALID.
func (t *Telegram) setCallRating(from *Client, in *tg.PhoneSetCallRatingRequest) (tg.UpdatesClass, error) {
	c, err := t.inputCall(from, in.Peer)
	switch {
	case err != nil:
		return nil, err
	case c.State != Ended || c.Confirmed.IsZero():
		return nil, Refuse(400, "CALL_PEER_INVALID")
	case in.Rating < 1 || in.Rating > 5:
		return nil, Refuse(400, "RATING_INVALID")
	}
	c.Rating, c.Comment = in.Rating, in.Comment
	t.snapshot(c)
	return t.envelope(from.user, nil), nil
}

// saveCallDebug checks what it is given and keeps its size.
func (t *Telegram) saveCallDebug(from *Client, in *tg.PhoneSaveCallDebugRequest) (*tg.BoolTrue, error) {
	c, err := t.inputCall(from, in.Peer)
	if err != nil {
		return nil, err
	}
	if !json.Valid([]byte(in.Debug.Data)) {
		return nil, Refuse(400, "DATA_JSON_INVALID")
	}
	c.DebugSize = len(in.Debug.Data)
	t.snapshot(c)
	return &tg.BoolTrue{}, nil
}

// saveCallLog takes a file that was uploaded, and keeps its size. Our choice: one
// that was not sent whole is FILE_PARTS_INVALID.
func (t *Telegram) saveCallLog(from *Client, in *tg.PhoneSaveCallLogRequest) (*tg.BoolTrue, error) {
	c, err := t.inputCall(from, in.Peer)
	if err != nil {
		return nil, err
	}
	size, whole := from.user.take(in.File)
	if !whole {
		return nil, Refuse(400, "FILE_PARTS_INVALID")
	}
	c.LogSize = size
	t.snapshot(c)
	return &tg.BoolTrue{}, nil
}
