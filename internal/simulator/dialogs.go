package simulator

import (
	"slices"

	"github.com/gotd/td/tg"
)

// getDialogs gives all conversations, the newest first. Our choice: offsets,
// folders and the hash are not looked at.
func (t *Telegram) getDialogs(from *Client, _ *tg.MessagesGetDialogsRequest) (tg.MessagesDialogsClass, error) {
	last, seen := []message{}, map[*user]bool{}
	for _, m := range slices.Backward(from.user.messages) {
		if !seen[m.peer] {
			seen[m.peer] = true
			last = append(last, m)
		}
	}
	messages, users := t.messagesSeenBy(from.user, last)
	return &tg.MessagesDialogs{Dialogs: dialogs(last), Messages: messages, Chats: []tg.ChatClass{}, Users: users}, nil
}

// dialogs are the conversations of which these are the last messages.
func dialogs(last []message) []tg.DialogClass {
	list := make([]tg.DialogClass, 0, len(last))
	for _, m := range last {
		list = append(list, &tg.Dialog{Peer: &tg.PeerUser{UserID: m.peer.ID}, TopMessage: m.id})
	}
	return list
}

// getPeerDialogs gives some conversations. Our choice: one without a message is
// left out, and folders are not known.
func (t *Telegram) getPeerDialogs(from *Client, in *tg.MessagesGetPeerDialogsRequest) (*tg.MessagesPeerDialogs, error) {
	if len(in.Peers) == 0 {
		return nil, Refuse(400, "INPUT_PEERS_EMPTY")
	}
	last := []message{}
	for _, peer := range in.Peers {
		named, ok := peer.(*tg.InputDialogPeer)
		if !ok {
			return nil, Refuse(400, "PEER_ID_INVALID")
		}
		u, err := t.inputPeer(from.user, named.Peer)
		if err != nil {
			return nil, err
		}
		if all := from.user.with(u); len(all) > 0 {
			last = append(last, all[len(all)-1])
		}
	}
	messages, users := t.messagesSeenBy(from.user, last)
	return &tg.MessagesPeerDialogs{
		Dialogs: dialogs(last), Messages: messages, Chats: []tg.ChatClass{}, Users: users, State: t.state(from.user),
	}, nil
}

// getPeerSettings says what a client is to offer to do about somebody.
func (t *Telegram) getPeerSettings(from *Client, in *tg.MessagesGetPeerSettingsRequest) (*tg.MessagesPeerSettings, error) {
	u, err := t.inputPeer(from.user, in.Peer)
	if err != nil {
		return nil, err
	}
	return &tg.MessagesPeerSettings{
		Settings: t.settingsFor(from.user, u), Chats: []tg.ChatClass{}, Users: t.usersSeenBy(from.user, u),
	}, nil
}
