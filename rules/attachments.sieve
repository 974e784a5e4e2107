# attachments.sieve - programs that come as attachments go to Quarantine, also out of archives
#
# Asks for    1. the extension of each attached file, in every way in which a mail program may read its name: from
#                Content-Disposition or Content-Type, RFC 2231 or RFC 2047, with blanks or dots at its end, in parts and
#                in messages within messages, and as uuencode in a text; and of each file in an archive (zip, tar, gz,
#                bz2, xz, 7z, rar, cab, winmail.dat and more), in an Office file, an RTF or a message of Outlook, in
#                archives in archives too. One forbidden reading is enough. Which extensions, and why: the table below.
#             2. what a file is by its first octets: a program called invoice.pdf is a program.
#             3. archives that hide what is in them, by a password or by being too large, and Office files with macros.
# Does        files the message into the folder Quarantine, and ends. It does not refuse: Postfix has accepted the
#             message by now, so the refusal would go to whoever the sender claims to be. To refuse such mail, do it in
#             the SMTP stage, by mime_header_checks.
# Lets pass   what honest mail has too much of: archives as such, broken ones too, web pages, documents that may have
#             macros and have none; and scripts that a double click shows and does not run (py, sh).
# Known       a file that is called like a host, "www.example.com", has the extension of a program. A zip of a web
#             site's sources has js in it. Like all that is caught here, they are in Quarantine and not lost.
#             7z is looked into where its package is installed (pip install mdafilter[archives]), what is packed in
#             rar and all of cab where programs are (apt-get install unar libarchive-tools 7zip). Of a rar the names
#             are known without. `mdafilter check` says what is missing.
#
# To let an extension through, copy this file into the site's rules_dir and take it out of the copy.

require ["fileinto", "mailbox", "encoded-character", "vnd.mdafilter.attachment", "vnd.mdafilter.archive"];

# The table: extensions, and above each row the reason.
if attachment :extension [
    # Windows runs these as programs, or loads them into one, whatever is in them.
    "exe", "com", "scr", "pif", "cpl", "sys", "drv", "dll", "ocx", "vxd",
    # Installers, and packages that an installer takes.
    "msi", "msp", "mst", "msu", "msix", "msixbundle", "appx", "appxbundle", "appinstaller", "application", "vsto",
    "ppkg", "xbap",
    # Settings that a double click puts in force: of the connection to the Internet, of printers with their drivers, of
    # the sandbox of Windows with its commands.
    "ins", "isp", "printerexport", "webpnp", "wsb",
    # Batch files of the command line.
    "bat", "cmd",
    # PowerShell: scripts, modules, consoles.
    "ps1", "ps1xml", "ps2", "ps2xml", "psc1", "psc2", "psm1", "psd1", "pssc", "cdxml", "msh", "msh1", "msh2", "mshxml",
    "msh1xml", "msh2xml",
    # Python made ready to run. Its sources (py) people send each other to read.
    "pyc", "pyo", "pyw", "pyz", "pyzw",
    # Windows Script Host: a double click runs them with all rights of the user. vbe and jse are the encoded forms.
    "vbs", "vbe", "vb", "js", "jse", "ws", "wsf", "wsc", "wsh", "sct",
    # HTML that runs as a program, outside of the browser's walls.
    "hta", "htc",
    # Links and shortcuts: they start a command that is written in them, or open a folder on somebody's server.
    "lnk", "scf", "url", "library-ms", "search-ms", "searchconnector-ms", "settingcontent-ms", "website", "appref-ms",
    "appcontent-ms", "xnk", "inetloc", "fileloc",
    # Opened, they connect to a host of the sender's choice and hand it drives and clipboard.
    "rdp",
    # Old help and management consoles: they can contain scripts.
    "chm", "its", "hlp", "msc", "gadget", "diagcab", "diagcfg", "diagpkg", "theme", "themepack", "deskthemepack",
    # Merged into the registry by a double click.
    "reg", "inf",
    # Java, and what starts it from the web.
    "jar", "jnlp",
    # Access projects, add-ins and compiled databases, and scraps of documents: code in them runs on opening. Databases
    # as such (mdb, accdb) people send.
    "ade", "adp", "mda", "mde", "mdz", "accda", "accde", "accdr", "accdu", "shb", "shs",
    # Shortcuts into an Access database. Of them mat may pass: MATLAB writes files of that name.
    "mad", "maf", "mag", "mam", "maq", "mar", "mas", "mau", "mav", "maw",
    # Add-ins are libraries that Office loads; a query fetches or runs what its sender wants.
    "xll", "xla", "xlam", "wll", "ppa", "ppam", "iqy", "dqy", "oqy", "rqy", "odc", "slk",
    # OneNote sections carry any of the above behind a picture that looks like a button.
    "one", "onepkg",
    # Disk images: Windows mounts them, and what is inside has lost the mark that it came from outside.
    "iso", "img", "vhd", "vhdx", "udf", "wim", "daa",
    # Archives that no honest program has written for twenty years and that nothing here can look into.
    "ace", "arj",
    # Programs, installers and starters of macOS, Android and Linux.
    "dmg", "app", "pkg", "mpkg", "command", "tool", "terminal", "workflow", "scpt", "scptd", "applescript", "apk",
    "deb", "rpm", "appimage", "flatpakref", "desktop"
] {
    fileinto :create "Quarantine";
    stop;
}

# The same by content, for a file with another name: programs (Windows, Linux, macOS, Android, Java), shortcuts, OneNote
# sections, scripts that are encoded so that nobody can read them, disk images.
if attachment :kind ["executable", "shortcut", "onenote", "encoded-script", "hta", "chm", "disk-image"] {
    fileinto :create "Quarantine";
    stop;
}

# A program of macOS is a folder, in an archive.
if attachment :inside :matches ["*.app/Contents/*"] {
    fileinto :create "Quarantine";
    stop;
}

# Windows takes a class identifier for the extension and does not show it: "invoice.txt.{3050F4D8-...}" runs.
if attachment :matches "*.{????????-????-????-????-????????????}" {
    fileinto :create "Quarantine";
    stop;
}

# U+202E turns the rest of a name around, so that "invoice[U+202E]fdp.exe" looks like "invoiceexe.pdf". Names in Arabic
# and Hebrew do without it.
if attachment :contains "${unicode:202E}" {
    fileinto :create "Quarantine";
    stop;
}

# The table of archives:
if archive [
    # What only a password opens, nobody has looked into: no virus scanner either. The password stands in the message.
    "encrypted",
    # Past these bounds nothing was looked at: 8 archives in archives, 10,000 files, 256 MiB, 10 s.
    "too-deep", "too-many", "too-large", "too-long",
    # A file that becomes 300 times larger is there to choke whoever unpacks it.
    "ratio",
    # A program in an Office file runs with all rights of the user, as soon as he clicks the button that allows it.
    "macros"
] {
    fileinto :create "Quarantine";
    stop;
}
