package host

// BeginWithin is how long requests wait for the first connection of their account.
const BeginWithin = beginWithin
