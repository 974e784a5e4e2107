redirect "u1@example.org";
redirect "u2@example.org";
