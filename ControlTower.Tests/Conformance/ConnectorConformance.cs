using System.Text;
using System.Text.Json;
using ControlTower.Data.Canonical;
using ControlTower.Sync.Connectors;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>What every connector owes the tower, whatever its vendor. A connector's own test class inherits this and gives it its documents and commands.</summary>
public abstract class ConnectorConformance
{
    protected static readonly DateTimeOffset Now = NetworkFault.Now;

    public abstract IConnector Connector { get; }

    public abstract ConnectionProfile Profile { get; }

    /// <summary>A body that the vendor could push, and its request as the vendor would seal it with this secret.</summary>
    public abstract byte[] PushedBody { get; }

    public abstract RawRequest Push(byte[] body, string secret);

    public abstract string Secret { get; }

    /// <summary>The secret in rotation; null if the vendor has no second one.</summary>
    public abstract string? PreviousSecret { get; }

    /// <summary>Every topic that is parsed, with a genuine body.</summary>
    public abstract IReadOnlyList<(string Topic, byte[] Body)> Documents { get; }

    /// <summary>Every command that the vendor can be asked, each with a vendor that does it.</summary>
    public abstract IReadOnlyList<CommandCase> Commands { get; }

    /// <summary>True for a request that changes something at the vendor.</summary>
    protected abstract bool IsWrite(VendorRequest request);

    /// <summary>False for a vendor that pushes nothing: whatever comes in its name is forged.</summary>
    protected virtual bool Pushes => true;

    /// <summary>Settings without which nothing works.</summary>
    protected virtual int NeededSettings => 3;

    /// <summary>How long after it was sent a push is still taken.</summary>
    protected virtual TimeSpan SealLives => TimeSpan.FromHours(4);

    /// <summary>How often one write may be seen when the vendor answers 401: a second time if the token may be old.</summary>
    protected virtual int AttemptsAfter401 => 1;

    public sealed record CommandCase(string Name, VendorCommand Command, Func<FakeVendor> Vendor);

    private static readonly string[] AddingWords = ["refund", "fulfillments", "shipment", "invoice", "stock", "inventory", "payout", "credit"];

    private static StoredMessage Message(string topic, byte[] body) => new(1, topic, "event-1", Now, body);

    [Fact]
    public void The_settings_of_the_test_connection_are_complete() => Assert.Empty(Connector.Check(Profile));

    [Fact]
    public void Settings_are_all_named_when_they_are_missing()
    {
        var problems = Connector.Check(Profile with { Settings = new Dictionary<string, string>(StringComparer.Ordinal), Secrets = new Dictionary<string, string>(StringComparer.Ordinal) });
        Assert.True(problems.Count >= NeededSettings);
        Assert.All(problems, p => Assert.False(string.IsNullOrWhiteSpace(p.Message)));
    }

    /// <summary>A refund, a shipment, an invoice or a movement of stock adds to what was: closing an older case for a newer one of these would lose what the older one said.</summary>
    [Fact]
    public void Only_a_statement_of_the_whole_makes_an_older_one_needless()
    {
        foreach (var (topic, body) in Documents)
        {
            var whole = Connector.Translate(Message(topic, body), Profile) is Translation.Events { List: [OrderStated or ReturnStated, ..] };
            var covered = Connector.CoveredBy(topic);
            Assert.True(whole || covered.Count == 0, $"{topic} does not state the whole, and yet would cover {string.Join(", ", covered)}.");
            Assert.True(covered.Count == 0 || covered.Contains(topic), $"{topic} covers others, but not an older reading of itself.");
            foreach (var (other, said) in Documents.Where(d => covered.Contains(d.Topic)))
            {
                Assert.True(
                    Connector.Translate(Message(other, said), Profile) is Translation.Events { List: [OrderStated or ReturnStated, ..] } or Translation.Fetch or Translation.Ignored,
                    $"{topic} would make {other} needless, which adds to what was.");
            }

            Assert.DoesNotContain(covered, name => AddingWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)));
        }
    }

    [Fact]
    public void Hostile_bytes_are_unreadable_and_never_an_exception()
    {
        foreach (var (topic, _) in Documents)
        {
            foreach (var (name, body) in HostileBytes.All())
            {
                var translation = Connector.Translate(Message(topic, body), Profile);
                Assert.True(translation is Translation.Unreadable or Translation.Ignored, $"{topic}, {name}: {translation}");
                if (translation is Translation.Unreadable unreadable)
                {
                    Assert.False(string.IsNullOrWhiteSpace(unreadable.Message));
                }
            }
        }
    }

    [Fact]
    public void A_huge_body_is_read_or_refused_without_an_exception()
    {
        foreach (var (topic, body) in Documents)
        {
            var text = Encoding.UTF8.GetString(body).TrimEnd();
            var huge = Encoding.UTF8.GetBytes($"{text[..^1]},\"padding_of_nobody\":\"{new string('x', 8_000_000)}\"}}");
            Assert.NotNull(Connector.Translate(Message(topic, huge), Profile));
        }
    }

    [Fact]
    public void Damaged_documents_never_throw()
    {
        foreach (var (topic, body) in Documents)
        {
            foreach (var damaged in HostileBytes.Damaged(body, 400, seed: 7))
            {
                Assert.NotNull(Connector.Translate(Message(topic, damaged), Profile));
            }
        }
    }

    [Fact]
    public void A_lone_surrogate_in_a_text_never_throws()
    {
        foreach (var (topic, body) in Documents)
        {
            var text = Encoding.UTF8.GetString(body);
            for (var at = text.IndexOf(": \"", StringComparison.Ordinal); at >= 0; at = text.IndexOf(": \"", at + 3, StringComparison.Ordinal))
            {
                var translation = Connector.Translate(Message(topic, Encoding.UTF8.GetBytes(text.Insert(at + 3, "\\ud83d"))), Profile);
                Assert.NotNull(translation);
            }
        }
    }

    [Fact]
    public void A_translation_is_the_same_each_time()
    {
        foreach (var (topic, body) in Documents)
        {
            var first = JsonSerializer.Serialize<object>(Connector.Translate(Message(topic, body), Profile), Golden.Json);
            Assert.Equal(first, JsonSerializer.Serialize<object>(Connector.Translate(Message(topic, [.. body]), Profile), Golden.Json));
        }
    }

    [Fact]
    public void Every_genuine_document_is_understood()
    {
        foreach (var (topic, body) in Documents)
        {
            Assert.IsNotType<Translation.Unreadable>(Connector.Translate(Message(topic, body), Profile));
        }
    }

    [Fact]
    public void An_unknown_topic_is_ignored_with_a_reason()
        => Assert.False(string.IsNullOrWhiteSpace(Assert.IsType<Translation.Ignored>(Connector.Translate(Message("nobody/knows", "{}"u8.ToArray()), Profile)).Reason));

    [Fact]
    public void A_genuine_push_is_authentic_and_keeps_its_id_and_lane()
    {
        if (!Pushes)
        {
            Assert.IsType<Receipt.Forged>(Connector.Receive(Push(PushedBody, Secret), Profile, Now));
            return;
        }

        var first = Assert.IsType<Receipt.Authentic>(Connector.Receive(Push(PushedBody, Secret), Profile, Now));
        var again = Assert.IsType<Receipt.Authentic>(Connector.Receive(Push([.. PushedBody], Secret), Profile, Now + SealLives));
        Assert.Equal(first, again);
        Assert.InRange(first.EventId.Length, 1, 200);
        Assert.InRange(first.Lane.Length, 1, 200);
        Assert.InRange(first.Topic.Length, 1, 120);
    }

    [Fact]
    public void A_push_is_accepted_under_both_secrets_while_they_are_in_rotation()
    {
        if (PreviousSecret is { } previous)
        {
            Assert.IsType<Receipt.Authentic>(Connector.Receive(Push(PushedBody, previous), Profile, Now));
            var rotated = Profile with { Secrets = Profile.Secrets.Where(s => s.Value != previous).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal) };
            Assert.IsType<Receipt.Forged>(Connector.Receive(Push(PushedBody, previous), rotated, Now));
        }
    }

    [Theory]
    [InlineData("another-secret-of-thirty-two-chars")]
    [InlineData("")]
    public void A_push_under_another_secret_is_forged(string secret)
        => Assert.IsType<Receipt.Forged>(Connector.Receive(Push(PushedBody, secret), Profile, Now));

    [Fact]
    public void A_push_without_any_header_is_forged_unless_its_body_carries_the_secret()
    {
        var bare = Push(PushedBody, "another-secret-of-thirty-two-chars") with { Headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) };
        Assert.IsType<Receipt.Forged>(Connector.Receive(bare, Profile, Now));
    }

    [Fact]
    public void Hostile_bytes_at_the_door_never_throw()
    {
        foreach (var (_, body) in HostileBytes.All())
        {
            Assert.NotNull(Connector.Receive(Push(body, Secret), Profile, Now));
            Assert.IsType<Receipt.Forged>(Connector.Receive(Push(body, "another-secret-of-thirty-two-chars"), Profile, Now));
        }

        foreach (var body in HostileBytes.Damaged(PushedBody, 300, seed: 11))
        {
            Assert.NotNull(Connector.Receive(Push(body, Secret), Profile, Now));
        }
    }

    [Fact]
    public async Task Each_command_is_carried_out_and_named()
    {
        foreach (var command in Commands)
        {
            var vendor = command.Vendor();
            var accepted = Assert.IsType<Outcome.Accepted>(await Send(vendor, command.Command));
            Assert.False(string.IsNullOrEmpty(accepted.Reference), command.Name);
            Assert.Contains(vendor.Requests, IsWrite);
        }
    }

    [Fact]
    public async Task A_write_that_fails_is_tried_once_and_told_for_what_it_is()
    {
        foreach (var command in Commands)
        {
            var healthy = command.Vendor();
            await Send(healthy, command.Command);
            for (var nth = 1; nth <= healthy.Requests.Count(IsWrite); nth++)
            {
                foreach (var fault in NetworkFault.All)
                {
                    var (outcome, attempts) = await SendWithFault(command, nth, fault);
                    // A part of the money has gone before: that nothing was done is not true any more.
                    if (nth == 1 || command.Command is not RefundPayment || outcome is not Outcome.Unknown)
                    {
                        fault.Expect(outcome, $"{command.Name}, write {nth}, {fault.Name}");
                    }

                    Assert.True(attempts <= (fault.Name == "401" ? AttemptsAfter401 : 1), $"{command.Name}, write {nth}, {fault.Name}: {attempts} attempts");
                }
            }
        }
    }

    [Fact]
    public async Task A_read_that_fails_before_a_write_leaves_nothing_done()
    {
        foreach (var command in Commands)
        {
            foreach (var fault in NetworkFault.All)
            {
                var vendor = command.Vendor();
                var reads = 0;
                vendor.Fault = (request, cancel) => !IsWrite(request) && ++reads == 1 ? fault.Answer(cancel) : null;
                var outcome = await Send(vendor, command.Command);
                if (reads > 0 && fault.Name != "401")
                {
                    Assert.True(outcome is Outcome.NotDone or Outcome.Refused, $"{command.Name}, {fault.Name}: {outcome}");
                    Assert.DoesNotContain(vendor.Requests, IsWrite);
                }
            }
        }
    }

    [Fact]
    public async Task A_look_up_that_fails_decides_nothing_and_writes_nothing()
    {
        foreach (var command in Commands)
        {
            foreach (var fault in NetworkFault.All)
            {
                var vendor = command.Vendor();
                var reads = 0;
                vendor.Fault = (request, cancel) => ++reads == 1 ? fault.Answer(cancel) : null;
                var answer = await Connector.Connect(Profile, vendor.Client(), Clock()).LookUpAsync(command.Command, new FakeScope(), CancellationToken.None);
                Assert.True(answer is LookUp.Undecided || fault.Name == "401", $"{command.Name}, {fault.Name}: {answer}");
                Assert.DoesNotContain(vendor.Requests, IsWrite);
            }
        }
    }

    /// <summary>False where the vendor may have done what it does not show.</summary>
    protected virtual bool IsDecidable(VendorCommand command) => true;

    [Fact]
    public async Task A_look_up_only_reads()
    {
        foreach (var command in Commands)
        {
            var vendor = command.Vendor();
            var answer = await Connector.Connect(Profile, vendor.Client(), Clock()).LookUpAsync(command.Command, new FakeScope(), CancellationToken.None);
            Assert.DoesNotContain(vendor.Requests, IsWrite);
            Assert.True(answer is not LookUp.Undecided || !IsDecidable(command.Command), command.Name);
        }
    }

    [Fact]
    public async Task Our_own_cancellation_is_not_an_outcome()
    {
        foreach (var command in Commands)
        {
            using var stop = new CancellationTokenSource();
            var vendor = command.Vendor();
            vendor.Fault = (request, cancel) =>
            {
                if (IsWrite(request))
                {
                    stop.Cancel();
                    cancel.ThrowIfCancellationRequested();
                }

                return null;
            };
            var client = Connector.Connect(Profile, vendor.Client(), Clock());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync(command.Command, new FakeScope(), stop.Token));
        }
    }

    [Fact]
    public async Task A_feed_that_fails_says_why()
    {
        foreach (var feed in Connector.Feeds(Profile))
        {
            foreach (var fault in NetworkFault.All)
            {
                var vendor = new FakeVendor(_ => throw new InvalidOperationException("The fault must come first.")) { Fault = (_, cancel) => fault.Answer(cancel) };
                var client = Connector.Connect(Profile, vendor.Client(), Clock());
                var answer = await client.ReadAsync(new FeedRequest(feed.Feed, null, Now.AddHours(-1), feed.Overlap), new FakeScope(), CancellationToken.None);
                Assert.IsNotType<Outcome.Unknown>(Assert.IsType<FeedAnswer.Failed>(answer).Why);
            }
        }
    }

    protected async Task<Outcome> Send(FakeVendor vendor, VendorCommand command, FakeScope? scope = null)
        => await Connector.Connect(Profile, vendor.Client(), Clock()).SendAsync(command, scope ?? new FakeScope(), CancellationToken.None);

    protected static FakeTimeProvider Clock() => new(Now);

    private async Task<(Outcome Outcome, int Attempts)> SendWithFault(CommandCase command, int nth, NetworkFault fault)
    {
        var vendor = command.Vendor();
        var (writes, attempts) = (0, 0);
        VendorRequest? hit = null;
        vendor.Fault = (request, cancel) =>
        {
            if (!IsWrite(request))
            {
                return null;
            }

            if (hit is null && ++writes == nth)
            {
                hit = request;
            }

            if (hit is null || request.Method != hit.Method || request.Address != hit.Address || request.Body != hit.Body)
            {
                return null;
            }

            attempts++;
            return fault.Answer(cancel);
        };
        return (await Send(vendor, command.Command), attempts);
    }
}
