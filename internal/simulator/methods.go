package simulator

//go:generate go test . -run TestThePageIsCurrent -args -write

// methods is every method that this Telegram knows: who may call it, what carries
// it out, and the errors that it answers, first those that the method's page at
// https://core.telegram.org/method lists, then our own choices. Any other method
// is refused with METHOD_INVALID. What every method may answer is in general.
//
// docs/simulator.md is made of this table and of what is written above the
// functions; tests find that it lacks nothing and has nothing too much.
func methods() map[string]method {
	return map[string]method{
		// auth, account: login.go, password.go, authorizations.go, privacy.go, userrequests.go
		"auth.sendCode": on(anybody, (*Telegram).sendCode,
			documented("400 API_ID_INVALID", "406 PHONE_NUMBER_INVALID")),
		"auth.resendCode": on(anybody, (*Telegram).resendCode,
			documented("406 PHONE_NUMBER_INVALID", "400 PHONE_CODE_EXPIRED")),
		"auth.cancelCode": on(anybody, (*Telegram).cancelCode,
			documented("406 PHONE_NUMBER_INVALID", "400 PHONE_CODE_EXPIRED")),
		"auth.signIn": on(anybody, (*Telegram).signIn,
			documented("406 PHONE_NUMBER_INVALID", "400 PHONE_CODE_EMPTY", "400 PHONE_CODE_EXPIRED",
				"400 PHONE_CODE_INVALID", "400 PHONE_NUMBER_UNOCCUPIED")),
		"auth.checkPassword": on(anybody, (*Telegram).checkPassword,
			documented("400 PASSWORD_HASH_INVALID", "400 SRP_ID_INVALID")),
		"auth.importBotAuthorization": on(anybody, (*Telegram).importBotAuthorization,
			documented("400 API_ID_INVALID", "400 ACCESS_TOKEN_INVALID")),
		"auth.logOut":                         on(anybody, (*Telegram).authLogOut),
		"auth.resetAuthorizations":            on(usersAlone, (*Telegram).resetAuthorizations),
		"account.getAuthorizations":           on(usersAlone, (*Telegram).getAuthorizations),
		"account.resetAuthorization":          on(usersAlone, (*Telegram).resetAuthorization, documented("400 HASH_INVALID")),
		"account.changeAuthorizationSettings": on(usersAlone, (*Telegram).changeAuthorizationSettings, documented("400 HASH_INVALID")),
		"account.getPassword":                 on(anybody, (*Telegram).getPassword),
		"account.getPrivacy":                  on(usersAlone, (*Telegram).getPrivacy, documented("400 PRIVACY_KEY_INVALID")),
		"account.setPrivacy": on(usersAlone, (*Telegram).setPrivacy,
			documented("400 PRIVACY_KEY_INVALID", "400 PRIVACY_TOO_LONG", "400 PRIVACY_VALUE_INVALID")),
		"account.updateStatus": on(usersAlone, (*Telegram).updateStatus),

		// help: config.go
		"help.getConfig":    on(anybody, (*Telegram).getConfig),
		"help.getNearestDc": on(anybody, (*Telegram).getNearestDC),
		"help.getAppConfig": on(anybody, (*Telegram).getAppConfig),

		// users: userrequests.go
		"users.getUsers":    on(userOrBot, (*Telegram).getUsers, documented("400 PEER_ID_INVALID")),
		"users.getFullUser": on(userOrBot, (*Telegram).getFullUser, documented("400 USER_ID_INVALID")),

		// contacts: contacts.go, blocks.go, resolve.go
		"contacts.getContacts": on(usersAlone, (*Telegram).getContacts),
		"contacts.getStatuses": on(usersAlone, (*Telegram).getStatuses),
		"contacts.search": on(usersAlone, (*Telegram).searchContacts,
			documented("400 SEARCH_QUERY_EMPTY", "400 QUERY_TOO_SHORT")),
		"contacts.importContacts": on(usersAlone, (*Telegram).importContacts),
		"contacts.addContact": on(usersAlone, (*Telegram).addContact,
			documented("400 CONTACT_ID_INVALID", "400 CONTACT_NAME_EMPTY")),
		"contacts.deleteContacts": on(usersAlone, (*Telegram).deleteContacts),
		"contacts.block": on(usersAlone, (*Telegram).block,
			documented("400 CONTACT_ID_INVALID", "400 PEER_ID_INVALID"), ours("400 CHAT_ID_INVALID", "400 CHANNEL_INVALID")),
		"contacts.unblock": on(usersAlone, (*Telegram).unblock,
			documented("400 CONTACT_ID_INVALID", "400 PEER_ID_INVALID"), ours("400 CHAT_ID_INVALID", "400 CHANNEL_INVALID")),
		"contacts.getBlocked":   on(usersAlone, (*Telegram).getBlocked),
		"contacts.resolvePhone": on(usersAlone, (*Telegram).resolvePhone, documented("400 PHONE_NOT_OCCUPIED")),
		"contacts.resolveUsername": on(userOrBot, (*Telegram).resolveUsername,
			documented("400 USERNAME_INVALID", "400 USERNAME_NOT_OCCUPIED")),

		// messages, updates: messagerequests.go, history.go, dialogs.go, dh.go, updates.go
		"messages.sendMessage": on(userOrBot, (*Telegram).sendMessage,
			documented("400 MESSAGE_EMPTY", "400 MESSAGE_TOO_LONG", "400 ENTITIES_TOO_LONG", "400 REPLY_MESSAGE_ID_INVALID", "400 USER_IS_BOT",
				"400 YOU_BLOCKED_USER", "403 USER_IS_BLOCKED", "500 RANDOM_ID_DUPLICATE", "400 CHAT_ID_INVALID", "400 CHANNEL_INVALID"),
			ours("400 PEER_ID_INVALID")),
		"messages.setTyping": on(userOrBot, (*Telegram).setTyping,
			documented("403 USER_IS_BLOCKED", "400 CHAT_ID_INVALID", "400 CHANNEL_INVALID"), ours("400 PEER_ID_INVALID")),
		"messages.getHistory": on(usersAlone, (*Telegram).getHistory,
			documented("400 PEER_ID_INVALID", "400 CHAT_ID_INVALID", "400 CHANNEL_INVALID")),
		"messages.search": on(usersAlone, (*Telegram).search,
			documented("400 INPUT_FILTER_INVALID", "400 SEARCH_QUERY_EMPTY",
				"400 PEER_ID_INVALID", "400 CHAT_ID_INVALID", "400 CHANNEL_INVALID")),
		"messages.readHistory": on(usersAlone, (*Telegram).readHistory,
			documented("400 PEER_ID_INVALID", "400 CHAT_ID_INVALID"), ours("400 CHANNEL_INVALID")),
		"messages.getMessages": on(userOrBot, (*Telegram).getMessages),
		"messages.getDialogs":  on(usersAlone, (*Telegram).getDialogs),
		"messages.getPeerDialogs": on(usersAlone, (*Telegram).getPeerDialogs,
			documented("400 INPUT_PEERS_EMPTY", "400 PEER_ID_INVALID", "400 CHANNEL_INVALID"), ours("400 CHAT_ID_INVALID")),
		"messages.getPeerSettings": on(usersAlone, (*Telegram).getPeerSettings,
			documented("400 PEER_ID_INVALID", "400 CHANNEL_INVALID"), ours("400 CHAT_ID_INVALID")),
		"messages.getDhConfig": on(usersAlone, (*Telegram).getDHConfig, documented("400 RANDOM_LENGTH_INVALID")),
		"updates.getState":     on(userOrBot, (*Telegram).getState),
		"updates.getDifference": on(userOrBot, (*Telegram).getDifference,
			documented("400 PERSISTENT_TIMESTAMP_EMPTY", "400 PERSISTENT_TIMESTAMP_INVALID")),

		// upload: uploads.go
		"upload.saveFilePart": on(userOrBot, (*Telegram).saveFilePart,
			documented("400 FILE_PART_EMPTY", "400 FILE_PART_INVALID"), ours("400 FILE_PART_TOO_BIG")),
		"upload.saveBigFilePart": on(userOrBot, (*Telegram).saveBigFilePart,
			documented("400 FILE_PARTS_INVALID", "400 FILE_PART_EMPTY", "400 FILE_PART_INVALID", "400 FILE_PART_TOO_BIG")),

		// phone: callrequests.go, callextras.go
		"phone.requestCall": on(usersAlone, (*Telegram).requestCall,
			documented("400 USER_ID_INVALID", "403 USER_IS_BLOCKED", "403 USER_PRIVACY_RESTRICTED",
				"400 PARTICIPANT_VERSION_OUTDATED", "400 CALL_PROTOCOL_FLAGS_INVALID", "400 CALL_PROTOCOL_LAYER_INVALID",
				"500 RANDOM_ID_DUPLICATE"),
			ours("500 CALL_OCCUPY_FAILED")),
		"phone.receivedCall": on(usersAlone, (*Telegram).receivedCall,
			documented("400 CALL_PEER_INVALID", "400 CALL_ALREADY_DECLINED")),
		"phone.acceptCall": on(usersAlone, (*Telegram).acceptCall,
			documented("400 CALL_PEER_INVALID", "400 CALL_ALREADY_ACCEPTED", "400 CALL_ALREADY_DECLINED",
				"500 CALL_OCCUPY_FAILED", "406 CALL_PROTOCOL_COMPAT_LAYER_INVALID",
				"400 CALL_PROTOCOL_FLAGS_INVALID", "400 CALL_PROTOCOL_LAYER_INVALID")),
		"phone.confirmCall": on(usersAlone, (*Telegram).confirmCall,
			documented("400 CALL_PEER_INVALID", "400 CALL_ALREADY_DECLINED"), ours("400 DH_G_A_INVALID")),
		"phone.discardCall": on(usersAlone, (*Telegram).discardCall,
			documented("400 CALL_PEER_INVALID", "400 CALL_ALREADY_ACCEPTED")),
		"phone.sendSignalingData": on(usersAlone, (*Telegram).sendSignalingData, documented("400 CALL_PEER_INVALID")),
		"phone.getCallConfig":     on(usersAlone, (*Telegram).getCallConfig),
		"phone.setCallRating": on(usersAlone, (*Telegram).setCallRating,
			documented("400 CALL_PEER_INVALID"), ours("400 RATING_INVALID")),
		"phone.saveCallDebug": on(usersAlone, (*Telegram).saveCallDebug,
			documented("400 CALL_PEER_INVALID", "400 DATA_JSON_INVALID")),
		"phone.saveCallLog": on(usersAlone, (*Telegram).saveCallLog,
			documented("400 CALL_PEER_INVALID"), ours("400 FILE_PARTS_INVALID")),
	}
}

// general is what a request may be answered for other reasons than what it asks,
// and when. https://core.telegram.org/api/errors has the first three.
func general() []refusal {
	return []refusal{
		{code: 401, name: "AUTH_KEY_UNREGISTERED", when: "nobody is logged in with this key, and the method needs it"},
		{code: 401, name: "SESSION_PASSWORD_NEEDED", when: "the right code was given and the password is still owed"},
		{code: 400, name: "BOT_METHOD_INVALID", when: "a bot asks what only users may"},
		{code: 400, name: "METHOD_INVALID", ours: true, when: "the method is not in this table"},
		{code: 400, name: "INPUT_FETCH_ERROR", ours: true, when: "the bytes are not a request, or more than one"},
	}
}
