# attachments.sieve - programs that come as attachments go to Quarantine
#
# Asks for    the extension of each attached file, in every way in which a mail program may read its name: from
#             Content-Disposition or Content-Type, RFC 2231 or RFC 2047, with blanks or dots at its end, in parts and in
#             messages within messages. One forbidden reading is enough. The contents are not looked at.
# Does        files the message into the folder Quarantine, and ends. It does not refuse: Postfix has accepted the
#             message by now, so the refusal would go to whoever the sender claims to be. To refuse such mail, do it in
#             the SMTP stage, by mime_header_checks.
# Lets pass   what honest mail has too much of: archives, web pages, documents with macros (docm, xlsm); and scripts
#             that a double click shows and does not run (py, sh). Names inside archives are not looked at.
# Known       a file that is called like a host, "www.example.com", has the extension of a program. Like all that is
#             caught here, it is in Quarantine and not lost.
#
# To let an extension through, copy this file into the site's rules_dir and take it out of the copy.

require ["fileinto", "mailbox", "encoded-character", "vnd.mdafilter.attachment"];

if attachment :extension [
    # Windows runs these as programs, or loads them into one, whatever is in them.
    "exe", "com", "scr", "pif", "cpl", "sys", "drv", "dll", "ocx",
    # Installers, and packages that an installer takes.
    "msi", "msp", "mst", "msix", "msixbundle", "appx", "appxbundle", "appinstaller", "application",
    # Batch files of the command line.
    "bat", "cmd",
    # PowerShell: scripts, modules, consoles.
    "ps1", "ps1xml", "ps2", "ps2xml", "psc1", "psc2", "psm1", "psd1", "msh", "msh1", "msh2", "mshxml",
    # Windows Script Host: a double click runs them with all rights of the user.
    "vbs", "vbe", "vb", "js", "jse", "ws", "wsf", "wsc", "wsh", "sct",
    # HTML that runs as a program, outside of the browser's walls.
    "hta", "htc",
    # Links and shortcuts: they start a command that is written in them.
    "lnk", "scf", "url", "library-ms", "search-ms", "settingcontent-ms", "website", "appref-ms",
    # Old help and management consoles: they can contain scripts.
    "chm", "hlp", "msc", "gadget", "diagcab", "theme", "themepack",
    # Merged into the registry by a double click.
    "reg", "inf",
    # Java, and what starts it from the web.
    "jar", "jnlp",
    # Access projects and scraps of documents: code in them runs on opening.
    "ade", "adp", "mde", "shb", "shs",
    # Excel add-ins are libraries that Excel loads; a query runs a command.
    "xll", "xla", "xlam", "iqy", "slk",
    # OneNote sections carry any of the above behind a picture that looks like a button.
    "one", "onepkg",
    # Disk images: Windows mounts them, and what is inside has lost the mark that it came from outside.
    "iso", "img", "vhd", "vhdx", "udf",
    # The same for macOS.
    "dmg", "app", "command", "workflow", "scpt", "applescript"
] {
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
