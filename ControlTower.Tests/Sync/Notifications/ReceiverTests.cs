using System.Text;
using System.Text.Json;
using ControlTower.Data.Notifications;
using ControlTower.Sync.Notifications;
using ControlTower.Tests.Support;
using Xunit;

namespace ControlTower.Tests.Sync.Notifications;

/// <summary>What receivers get: a mail server in SMTP, chats in their shapes, programs signed.</summary>
public sealed class ReceiverTests
{
    private static readonly Message Sample = new(
        "msg_1", "Overdue: order NL-<1>*_", [new("Cause", "VAT & <code> [x](http://evil)"), new("Value", "100.00 EUR")], new Uri("https://tower.example/exceptions?case=1"), "sla",
        DateTimeOffset.UnixEpoch, [new("sla", 1, "NL-<1>*_", "missing", "VAT", 100m, 100m, "EUR", DateTimeOffset.UnixEpoch, 0, null, null, null)]);

    [Fact]
    public async Task A_mail_is_handed_over_in_a_real_conversation()
    {
        await using var world = await NotificationWorld.CreateAsync();
        world.Mail.Knows = ("tower", "s3cret");
        await world.ChannelAsync(world.MailDraft(user: "tower", password: "s3cret", to: "team@example.com, shift@example.com"));
        await world.CaseAsync("NL-1048213", TimeSpan.FromMinutes(50));
        await NotificationWorld.TurnAsync(world.Node());

        var mail = Assert.Single(world.Mail.Mails);
        Assert.Equal(("tower@example.com", "Due within 1 h: order NL-1048213"), (mail.From, mail.Header("Subject")));
        Assert.Equal(["team@example.com", "shift@example.com"], mail.To);
        Assert.Equal("auto-generated", mail.Header("Auto-Submitted"));
        Assert.Matches("^<msg_[0-9a-f]{32}@example.com>$", mail.Header("Message-Id"));
        Assert.Contains("Value: 100.00 EUR", mail.Body, StringComparison.Ordinal);
        Assert.Contains("https://tower.example/exceptions?case=", mail.Body, StringComparison.Ordinal);
        Assert.Contains("(Europe/Amsterdam)", mail.Body, StringComparison.Ordinal);
        Assert.Equal(["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "DATA", "QUIT"], world.Mail.Said.Select(line => line.Split(' ', ':')[0]));
    }

    [Theory]
    [InlineData("starttls", "", null, "STARTTLS")]
    [InlineData("none", "tower", "wrong", "user and the password")]
    [InlineData("none", "", "refuse", "550")]
    public async Task A_mail_that_is_not_taken_is_told_as_such_and_nothing_goes_out_in_the_clear(string tls, string user, string? how, string words)
    {
        await using var world = await NotificationWorld.CreateAsync();
        world.Mail.Knows = user.Length > 0 ? (user, "s3cret") : null;
        world.Mail.Recipient = _ => how == "refuse" ? "550 no such box" : null;
        var (answer, problems) = await world.Desk.TestAsync(null, world.MailDraft(tls: tls, user: user, password: user.Length > 0 ? how : null), "me@example.com", NotificationWorld.Boss);
        Assert.Empty(problems);
        Assert.False(answer!.Sent);
        Assert.Contains(words, answer.Words, StringComparison.Ordinal);
        Assert.Empty(world.Mail.Mails);
    }

    [Fact]
    public async Task A_test_goes_to_whoever_asks_and_says_what_the_server_said()
    {
        await using var world = await NotificationWorld.CreateAsync();
        var (answer, _) = await world.Desk.TestAsync(null, world.MailDraft(), "me@example.com", NotificationWorld.Boss);
        Assert.True(answer!.Sent);
        Assert.Contains("taken as 4711", answer.Words, StringComparison.Ordinal);
        Assert.Equal(["me@example.com"], Assert.Single(world.Mail.Mails).To);
        Assert.Equal(1, await world.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:notifications:manage' and outcome = 'done'"));
    }

    [Fact]
    public void Slack_gets_text_and_blocks_in_which_nothing_of_elsewhere_is_markup()
    {
        using var body = JsonDocument.Parse(WebhookBody.Of(ChannelKind.Slack, Sample));
        Assert.Equal("Overdue: order NL-&lt;1&gt;*_", body.RootElement.GetProperty("text").GetString());
        var blocks = body.RootElement.GetProperty("blocks").EnumerateArray().Select(block => (Type: block.GetProperty("type").GetString(), Text: block.GetProperty("text"))).ToList();
        Assert.Equal(["header", "section", "section"], blocks.Select(block => block.Type));
        Assert.Equal(["plain_text", "mrkdwn", "mrkdwn"], blocks.Select(block => block.Text.GetProperty("type").GetString()));
        Assert.Equal("*Cause:* VAT &amp; &lt;code&gt; [x](http://evil)\n*Value:* 100.00 EUR", blocks[1].Text.GetProperty("text").GetString());
        Assert.Equal("<https://tower.example/exceptions?case=1|Open in ControlTower>", blocks[2].Text.GetProperty("text").GetString());

        using var longest = JsonDocument.Parse(WebhookBody.Of(ChannelKind.Slack, Sample with { Title = new string('x', 400), Facts = [new("Cause", new string('y', 9_000))] }));
        Assert.All(longest.RootElement.GetProperty("blocks").EnumerateArray(), block =>
            Assert.True(block.GetProperty("text").GetProperty("text").GetString()!.Length <= (block.GetProperty("type").GetString() == "header" ? 150 : 3_000)));
    }

    [Fact]
    public void Teams_gets_an_adaptive_card()
    {
        using var body = JsonDocument.Parse(WebhookBody.Of(ChannelKind.Teams, Sample));
        Assert.Equal("message", body.RootElement.GetProperty("type").GetString());
        var attachment = Assert.Single(body.RootElement.GetProperty("attachments").EnumerateArray());
        Assert.Equal("application/vnd.microsoft.card.adaptive", attachment.GetProperty("contentType").GetString());
        var card = attachment.GetProperty("content");
        Assert.Equal(("AdaptiveCard", "1.4"), (card.GetProperty("type").GetString(), card.GetProperty("version").GetString()));
        Assert.Equal(["TextBlock", "FactSet"], card.GetProperty("body").EnumerateArray().Select(part => part.GetProperty("type").GetString()));
        Assert.Equal(@"VAT & \<code\> \[x\]\(http://evil\)", card.GetProperty("body")[1].GetProperty("facts")[0].GetProperty("value").GetString());
        Assert.Equal("Action.OpenUrl", card.GetProperty("actions")[0].GetProperty("type").GetString());
    }

    // The example of the reference libraries; the same value comes from openssl dgst -sha256 -mac HMAC.
    [Fact]
    public void The_signature_is_that_of_Standard_Webhooks() => Assert.Equal(
        "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        StandardSignature.Of("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", DateTimeOffset.FromUnixTimeSeconds(1731705121), "{\"event_type\":\"ping\",\"data\":{\"success\":true}}"u8));

    [Fact]
    public async Task A_program_can_check_what_it_got()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await world.ChannelAsync(world.HookDraft(ChannelKind.Webhook));
        await world.CaseAsync("NL-1", TimeSpan.FromMinutes(50));
        await NotificationWorld.TurnAsync(world.Node());

        var (_, headers, body) = Assert.Single(world.Hook.Received);
        var at = DateTimeOffset.FromUnixTimeSeconds(long.Parse(headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(headers["webhook-signature"], StandardSignature.Of(NotificationWorld.SigningKey, headers["webhook-id"], at, body));
        Assert.Equal("application/json", headers["Content-Type"]);
        using var json = JsonDocument.Parse(body);
        Assert.Equal("controltower.sla", json.RootElement.GetProperty("type").GetString());
        Assert.True(json.RootElement.TryGetProperty("timestamp", out _));
    }

    [Theory]
    [InlineData("https://hooks.example.com/services/T0/B0/x", null)]
    [InlineData("https://prod.example.com/workflows/1/triggers/manual/paths/invoke?api-version=2016-06-01&sig=abc", null)]
    [InlineData("http://hooks.example.com/x", "https")]
    [InlineData("https://user:pw@hooks.example.com/x", "user and password")]
    [InlineData("https://hooks.example.com/x#y", "#")]
    [InlineData("https://169.254.169.254/latest", "network keeps")]
    [InlineData("https://metadata.google.internal/x", "network keeps")]
    [InlineData("https://127.0.0.1/x", "private")]
    [InlineData("http://localhost/x", "private")]
    [InlineData("https://10.1.2.3/x", "private")]
    [InlineData("https://172.31.0.1/x", "private")]
    [InlineData("https://192.168.1.1/x", "private")]
    [InlineData("https://100.64.0.1/x", "private")]
    [InlineData("https://[::1]/x", "private")]
    [InlineData("https://[fd12::1]/x", "private")]
    [InlineData("https://[::ffff:10.0.0.1]/x", "private")]
    [InlineData("https://[64:ff9b::a00:1]/x", "private")]
    [InlineData("hooks.example.com", "absolute")]
    public void A_webhook_leads_to_a_public_https_address(string url, string? wrong)
    {
        var said = WebhookAddress.Wrong(url, allowPrivate: false);
        Assert.Equal(wrong is null, said is null);
        Assert.Contains(wrong ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_leads_into_a_private_network_is_not_called()
    {
        await using var world = await NotificationWorld.CreateAsync(allowPrivate: false);
        using var sender = new WebhookSender(Microsoft.Extensions.Options.Options.Create(new NotificationOptions()), TimeProvider.System);
        // As a public name that was pointed to this machine after it was entered.
        var place = new MessagePlace(ChannelKind.Slack, new ChannelSettings("localhost"), new Dictionary<string, string> { ["url"] = world.Hook.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) }, []);
        Assert.False((await sender.SendAsync(place, Sample, TestContext.Current.CancellationToken)).Sent);
        Assert.Empty(world.Hook.Received);
    }

    [Fact]
    public async Task Secrets_are_sealed_and_a_stored_password_does_not_follow_to_another_server()
    {
        await using var world = await NotificationWorld.CreateAsync();
        await world.ChannelAsync(world.HookDraft(url: world.Hook.Url + "/services/T0PSECRET"));
        var mail = await world.ChannelAsync(world.MailDraft(user: "tower", password: "t0psecret"));
        await using var reader = world.Database.Sources.Work.CreateCommand("select string_agg(c::text || encode(c.secrets, 'escape'), ' ') || (select string_agg(a::text, ' ') from audit a) from notification_channel c");
        Assert.DoesNotContain("t0psecret", (string)(await reader.ExecuteScalarAsync(TestContext.Current.CancellationToken))!, StringComparison.OrdinalIgnoreCase);

        var moved = world.MailDraft(user: "tower") with { Settings = world.MailDraft(user: "tower").Settings with { Host = "localhost" } };
        Assert.Equal("password", Assert.Single(Assert.IsType<ChannelAnswer.Wrong>(await world.Desk.ChangeAsync(mail, moved, 1, NotificationWorld.Boss)).Problems).Field);
        Assert.Equal("password", Assert.Single((await world.Desk.TestAsync(mail, moved, "me@example.com", NotificationWorld.Boss)).Problems).Field);
        Assert.IsType<ChannelAnswer.Done>(await world.Desk.ChangeAsync(mail, world.MailDraft(user: "tower") with { Name = "Post" }, 1, NotificationWorld.Boss));
        Assert.IsType<ChannelAnswer.ChangedMeanwhile>(await world.Desk.ChangeAsync(mail, world.MailDraft(user: "tower"), 1, NotificationWorld.Boss));
        Assert.Equal("t0psecret", world.Post.Open((await world.Desk.ListAsync()).Single(one => one.Id == mail))!["password"]);
    }

    [Theory]
    [InlineData("host", "")]
    [InlineData("host", "169.254.169.254")]
    [InlineData("from", "nobody")]
    [InlineData("to", "a@b.example, nobody")]
    [InlineData("password", "")]
    public void A_mail_channel_names_what_is_wrong(string field, string value)
    {
        var settings = new ChannelSettings("smtp.example.com", 587, "starttls", "", "tower@example.com", "");
        settings = field switch { "host" => settings with { Host = value }, "from" => settings with { From = value }, "to" => settings with { To = value }, _ => settings with { User = "tower" } };
        var draft = new ChannelDraft(ChannelKind.Email, "Mail", settings, new Dictionary<string, string>(), NoticeKind.All, "UTC", null, BreachBreaks: true, 0, Enabled: true);
        Assert.Equal(field, Assert.Single(ChannelRules.Check(draft, draft.Typed, allowPrivate: false)).Field);
    }

    [Fact]
    public void A_password_is_not_sent_in_the_clear_to_another_machine()
    {
        var draft = new ChannelDraft(
            ChannelKind.Email, "Mail", new ChannelSettings("smtp.example.com", 25, "none", "tower", "tower@example.com", ""), new Dictionary<string, string> { ["password"] = "x" }, NoticeKind.All, "UTC", null,
            BreachBreaks: true, 0, Enabled: true);
        Assert.Contains("Without TLS", Assert.Single(ChannelRules.Check(draft, draft.Typed, allowPrivate: false)).Message, StringComparison.Ordinal);
    }
}
