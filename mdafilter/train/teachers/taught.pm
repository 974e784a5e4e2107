# What sa-learn(1) does with each message of a batch. It prints a sum alone, "Learned tokens from 98 message(s) (100
# message(s) examined)"; this plugin of SpamAssassin, which salearn.py has it load, prints a line for each:
#
#   mdafilter: learn s s 571 402
#
# what was done (learn, forget); what the database says of the message now: s (spam), h (ham) or - (it is not there); to
# which side its tokens were added, or from which they were taken away (s, h; - if neither); messages of spam and of ham
# in the database. A message that changes sides has two lines: it is forgotten on the way.
#
# In:   the hooks learn_message and forget_message are called for every message, behind those of the plugin Bayes, which
#       the shipped configuration loads first; bayes_learn and bayes_forget by it, where something has changed.
# Out:  always undef, which says nothing to who called.
# See:  Mail::SpamAssassin::Plugin(3)
package Mdafilter::Taught;

use strict;
use warnings;

use Mail::SpamAssassin::Plugin;
our @ISA = qw(Mail::SpamAssassin::Plugin);

sub new {
    my ($class, $main) = @_;
    return bless $class->SUPER::new($main), $class;
}

sub bayes_learn    { return _changed(@_) }
sub bayes_forget   { return _changed(@_) }
sub learn_message  { return _line('learn', @_) }
sub forget_message { return _line('forget', @_) }

sub _changed {
    my ($self, $what) = @_;
    $self->{changed} = $what->{isspam} ? 's' : 'h';
    return;
}

sub _line {
    my ($done, $self, $asked) = @_;
    my $store = $self->{main}->{bayes_scanner}->{store};
    my ($seen, $spam, $ham);
    eval {    # a database that could not be opened has nothing to say
        foreach my $id ($asked->{msg}->generate_msgid(), $asked->{msg}->get_msgid()) {
            $seen //= $store->seen_get($id) if defined $id;
        }
        ($spam, $ham) = $store->nspam_nham_get();
    };
    local $| = 1;    # the line is out before the next message, which may be the end of Perl
    my @words = ($done, $seen // '-', delete $self->{changed} // '-', $spam // '-', $ham // '-');
    print STDOUT "mdafilter: @words\n";
    return;
}

1;
