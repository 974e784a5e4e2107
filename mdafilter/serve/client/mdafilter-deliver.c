/*
 * mdafilter-deliver: the door that Postfix uses. A message on standard input, the options of `mdafilter deliver`.
 *
 * To start Python costs more than to deliver. Where `mdafilter serve` runs, this program hands it the standard input
 * (SCM_RIGHTS, unix(7)), the arguments and what Postfix says in the environment, and waits for the answer:
 *
 *     we: mdafilter/1 a<argument>... e<NAME=value>... d<folder>     one packet, each field ended by NUL
 *     it: N                  not taken: nothing was read            -> the one-shot
 *         S<code>\n<text>    the end                                -> the text to standard output, the code is ours
 *     we: A                  on S0, with only _exit(2) after it: no retry will ask whether this one was delivered
 *
 * The one-shot is `mdafilter-deliver-once` beside this program, in its place under the same process id (execve(2)). It
 * delivers where the service surely read nothing: it is not there, too busy or somebody else's, or it declined, or went
 * without reading the request, and soon. The kernel tells that: of a connection that was closed with our request unread
 * in it we hear ECONNRESET (unix(7)) before the end of the file, of any other the end of the file alone. Nothing else
 * may lead there, or the message would be delivered twice.
 *
 * In:    HOME, for ~/.mdafilter.sock, a user's own service; else the one of the system. Its process must be root's or
 *        ours. MDAFILTER_SOCKET in the environment is looked at instead of both. Root always goes to the one-shot.
 * Exit:  0 delivered (or discarded by a rule); 67 and 77 a rule refused it; 75 everything else, with `4.x.x text`.
 * Fails: with 75. Killed at any moment it has sent no A, the traces stay, and the retry delivers no second copy.
 *        Signals are left as they were inherited until the last text is written, since the one-shot inherits them.
 * Bugs:  a full pipe on standard output that nobody empties holds us up; Postfix reads what a command writes.
 */
#define _GNU_SOURCE /* struct ucred, memrchr */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#ifndef SERVICE
#define SERVICE "/run/mdafilter/deliver.sock"
#endif
#ifndef PATIENCE
#define PATIENCE 700 /* seconds: more than a delivery may take (600), less than command_time_limit of postconf(5) */
#endif
#define ONCE "mdafilter-deliver-once"

enum { REQUEST = 65536, TEXT = 4096, PACKET = TEXT + sizeof "S77" }; /* octets at most */

static const char *const ENVIRONMENT[] = {
    "SENDER=", "RECIPIENT=", "ORIGINAL_RECIPIENT=", "EXTENSION=", "USER=", "LOGNAME=", "LOCAL=", "DOMAIN=", "HOME=",
    "SHELL=", "CLIENT_ADDRESS=", "CLIENT_HOSTNAME=", "CLIENT_HELO=", "CLIENT_PROTOCOL=", "SASL_METHOD=",
    "SASL_SENDER=", "SASL_USERNAME=", "ENVID=", "LANG=", "MAIL_CONFIG=", "TZ=", "XDG_CONFIG_HOME=", "XDG_CACHE_HOME=",
    "XDG_STATE_HOME=", NULL};

static const struct { const char *start; int code; } ANSWERS[] = {
    {"S0\n", EX_OK}, {"S67\n", EX_NOUSER}, {"S75\n", EX_TEMPFAIL}, {"S77\n", EX_NOPERM}, {NULL, 0}};

/* Writes to standard output, where Postfix looks for the status. A failure is none: the exit code says the same. */
static void say(const char *text, size_t length)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    for (ssize_t written; length > 0 && (written = write(STDOUT_FILENO, text, length)) > 0; length -= (size_t)written)
        text += written; /* never EINTR: no signal has a handler */
}

static _Noreturn void try_again(const char *why)
{
    say(why, strlen(why));
    _exit(EX_TEMPFAIL);
}

static _Noreturn void deliver_once(char **argv)
{
    char path[PATH_MAX + sizeof ONCE];
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
    char *slash = length > 0 ? memrchr(path, '/', (size_t)length) : NULL;
    if (slash && path[0] == '/') { /* "(unreachable)..." would be looked for in the current folder */
        strcpy(slash + 1, ONCE);
        execv(path, argv);
    }
    try_again("4.3.5 mdafilter: " ONCE " cannot be started; its place is beside mdafilter-deliver\n");
}

/* Appends two strings as one: the place after its NUL, or NULL if it does not fit or something before it did not. */
static char *append(char *at, const char *end, const char *one, const char *two)
{
    at = at ? memccpy(at, one, '\0', (size_t)(end - at)) : NULL;
    return at ? memccpy(at - 1, two, '\0', (size_t)(end - at + 1)) : NULL;
}

/* A connection to the service that listens there, or -1. */
static int reach(const char *folder, const char *name)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    struct ucred server = {0};
    socklen_t size = sizeof server;
    if (!append(place.sun_path, place.sun_path + sizeof place.sun_path, folder, name))
        return -1;
    int service = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* connect(2): with SOCK_NONBLOCK a full backlog is EAGAIN, and no wait. */
    if (service >= 0 && connect(service, (struct sockaddr *)&place, sizeof place) == 0 &&
        getsockopt(service, SOL_SOCKET, SO_PEERCRED, &server, &size) == 0 &&
        (server.uid == 0 || server.uid == geteuid()))
        return service;
    close(service);
    return -1;
}

static int reach_any(void)
{
    const char *given = getenv("MDAFILTER_SOCKET"), *home = getenv("HOME");
    int own = given ? reach(given, "") : home ? reach(home, "/.mdafilter.sock") : -1;
    return given || own >= 0 ? own : reach(SERVICE, "");
}

/* Sends the request. A packet goes whole or not at all: where this is false, the service has nothing. */
static bool request(int service, char **argv)
{
    static char fields[REQUEST], folder[PATH_MAX];
    const char *end = fields + sizeof fields;
    char *at = append(fields, end, "mdafilter/1", "");
    for (char **argument = argv + 1; *argument; argument++)
        at = append(at, end, "a", *argument);
    for (const char *const *name = ENVIRONMENT; *name; name++) {
        char **entry = environ;
        while (*entry && strncmp(*entry, *name, strlen(*name)) != 0)
            entry++;
        at = *entry ? append(at, end, "e", *entry) : at;
    }
    at = getcwd(folder, sizeof folder) ? append(at, end, "d", folder) : NULL;
    if (!at)
        return false;
    union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } rights = {
        .header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
    memcpy(CMSG_DATA(&rights.header), &(int){STDIN_FILENO}, sizeof(int));
    struct iovec whole = {.iov_base = fields, .iov_len = (size_t)(at - fields)};
    struct msghdr all = {.msg_iov = &whole, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    return sendmsg(service, &all, MSG_NOSIGNAL) >= 0;
}

/* Receives the answer: its length, 0 where nobody read the request, -1 at any other end and when time is up. */
static ssize_t receive(int service, char packet[PACKET], time_t until)
{
    struct pollfd ready = {.fd = service, .events = POLLIN};
    struct timespec now;
    ssize_t length;
    bool unread = false;
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        int count = now.tv_sec < until ? poll(&ready, 1, (int)(until - now.tv_sec) * 1000) : 0;
        if (count == 0)
            return -1;
        length = count > 0 ? recv(service, packet, PACKET, MSG_TRUNC) : -1;
        unread |= length < 0 && errno == ECONNRESET; /* told once, and before what was sent: that counts all the same */
    } while (length < 0 && (errno == EINTR || errno == EAGAIN || errno == ECONNRESET));
    return (length == 0 && unread) || (length > 0 && length <= PACKET) ? length : -1;
}

static _Noreturn void finish(int service, const char *packet, ssize_t length)
{
    for (int i = 0; ANSWERS[i].start; i++) {
        ssize_t start = (ssize_t)strlen(ANSWERS[i].start);
        if (length < start || length > start + TEXT || memcmp(packet, ANSWERS[i].start, (size_t)start) != 0)
            continue;
        say(packet + start, (size_t)(length - start));
        if (ANSWERS[i].code == EX_OK)
            send(service, "A", 1, MSG_NOSIGNAL);
        _exit(ANSWERS[i].code);
    }
    try_again("4.3.0 mdafilter: the service did not say what became of the message\n");
}

int main(int argc, char **argv)
{
    static char packet[PACKET];
    static int null; /* which stays open to the end; gcc 14 -fanalyzer wants that said */
    struct timespec began, now;
    if (fcntl(STDIN_FILENO, F_GETFD) < 0)
        try_again("4.3.0 mdafilter: there is no standard input\n");
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) /* else the socket would have this number */
        if (fcntl(fd, F_GETFD) < 0 && (null = open("/dev/null", O_WRONLY)) != fd)
            _exit(EX_TEMPFAIL);
    if (geteuid() != getuid() || getegid() != getgid())
        try_again("4.3.5 mdafilter: mdafilter-deliver must not be setuid or setgid\n");
    clock_gettime(CLOCK_MONOTONIC, &began);
    argv = argc > 0 ? argv : (char *[]){(char[]){"mdafilter-deliver"}, NULL};
    int service = geteuid() == 0 ? -1 : reach_any();
    if (service < 0 || !request(service, argv))
        deliver_once(argv);
    ssize_t length = receive(service, packet, began.tv_sec + PATIENCE);
    if (length != 0 && (length != 1 || packet[0] != 'N'))
        finish(service, packet, length);
    clock_gettime(CLOCK_MONOTONIC, &now);
    /* Half of it, so that the one-shot has time for its own 600 seconds before command_time_limit, and its bounce. */
    if (now.tv_sec < began.tv_sec + PATIENCE / 2)
        deliver_once(argv);
    try_again("4.3.0 mdafilter: the service did not take the message, and said so late\n");
}
