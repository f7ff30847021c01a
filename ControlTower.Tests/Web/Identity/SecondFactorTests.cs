using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Factors;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>The second factor: codes by time, each good once, recovery codes, and what leads around it (nothing).</summary>
public sealed partial class SecondFactorTests
{
    internal const string Gate = "/sign-in/code";

    private const string Asking = "the session that asks";

    private static readonly Uri Home = new("/", UriKind.Relative);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    // RFC 6238, appendix B; the last six of its eight digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long second, string code) => Assert.Equal(code, Totp.At(Encoding.ASCII.GetBytes("12345678901234567890"), DateTimeOffset.FromUnixTimeSeconds(second)));

    [Fact]
    public void A_clock_may_be_half_a_minute_off_and_no_more()
    {
        var (key, at) = (Totp.NewKey(), DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        Assert.All(new[] { -30, 0, 30 }, seconds => Assert.NotNull(Totp.StepOf(key, Totp.At(key, at.AddSeconds(seconds)), at)));
        Assert.All(new[] { -60, 60, 3600 }, seconds => Assert.Null(Totp.StepOf(key, Totp.At(key, at.AddSeconds(seconds)), at)));
        Assert.All(new[] { "", "12345", "1234567", "12345a", "１２３４５６" }, code => Assert.Null(Totp.StepOf(key, code, at)));
        Assert.Equal("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", Totp.Base32(Encoding.ASCII.GetBytes("12345678901234567890")));
    }

    [Fact]
    public async Task Who_must_have_one_sets_it_up_before_anything_opens_and_each_code_opens_once()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Auth:SecondFactor=admins");
        var admin = await tower.PersonAsync(Roles.Admin);
        using (await tower.SignInAsAsync(Roles.Operations))
        {
            // The policy is for admins.
        }

        using var client = tower.Client(html: true);
        using var half = await TestTower.PostSignInAsync(client, admin.Email, TestTower.Password, "/sign-in?returnUrl=%2Fadmin");
        Assert.Equal($"{tower.Url}{Gate}?returnUrl=%2Fadmin", half.Headers.Location!.ToString());
        Assert.StartsWith("/sign-in", (await client.GetAsync(new Uri("/admin", UriKind.Relative))).Headers.Location!.ToString(), StringComparison.Ordinal);

        var page = await client.GetStringAsync(new Uri(Gate, UriKind.Relative));
        var key = KeyIn(page);
        Assert.Equal(page.Contains("<path d=\"M", StringComparison.Ordinal), await client.GetStringAsync(new Uri(Gate, UriKind.Relative)) is var again && KeyIn(again).SequenceEqual(key));
        Assert.Equal(HttpStatusCode.Unauthorized, (await GiveAsync(client, "000000")).Status);
        var first = Totp.At(key, Now);
        var (status, kept) = await GiveAsync(client, first);
        Assert.Equal(HttpStatusCode.OK, status);
        var recovery = Codes().Matches(kept).Select(match => match.Value).ToList();
        Assert.Equal(10, recovery.Distinct().Count());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/admin", UriKind.Relative))).StatusCode);
        Assert.DoesNotContain(recovery[0], await tower.Database.ScalarAsync<string>("select string_agg(encode(hash, 'escape'), '') from account_recovery_code"), StringComparison.Ordinal);

        using var second = await HalfAsync(tower, admin);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GiveAsync(second, first)).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await GiveAsync(second, Totp.At(key, Now.AddSeconds(30)))).Status);
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync(Home)).StatusCode);

        using var third = await HalfAsync(tower, admin);
        Assert.Equal(HttpStatusCode.Redirect, (await GiveAsync(third, recovery[3].ToLowerInvariant())).Status);
        using var fourth = await HalfAsync(tower, admin);
        Assert.Equal(HttpStatusCode.Unauthorized, (await GiveAsync(fourth, recovery[3])).Status);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:factor:write' and detail like '%recovery code used%'"));
    }

    [Fact]
    public async Task After_five_wrong_codes_the_right_one_waits_too_and_the_password_makes_no_room()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, key, _) = await EnrolledAsync(tower, Roles.Operations);
        for (var i = 1; i < SignInLimits.PerEmail; i++)
        {
            using var client = await HalfAsync(tower, person);
            Assert.Equal(HttpStatusCode.Unauthorized, (await GiveAsync(client, "000000")).Status);
        }

        using var last = await HalfAsync(tower, person);
        Assert.NotEqual(HttpStatusCode.Redirect, (await GiveAsync(last, "000000")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await GiveAsync(last, Totp.At(key, Now.AddSeconds(30)))).Status);
        using var more = tower.Client(html: true);
        using var paused = await TestTower.PostSignInAsync(more, person.Email, TestTower.Password);
        Assert.Equal(HttpStatusCode.TooManyRequests, paused.StatusCode);
        Assert.Equal(0, await tower.OpenSessionsAsync());
        Assert.Equal(SignInLimits.PerEmail, await tower.Database.ScalarAsync<long>("select count(*) from audit where outcome = 'refused' and reason like 'second factor%'"));
    }

    [Fact]
    public async Task A_key_that_waits_is_shown_to_whoever_asked_for_it_and_confirmed_by_them_alone()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Auth:SecondFactor=all");
        var (person, desk, store) = (await tower.PersonAsync(Roles.Operations), tower.Services.GetRequiredService<FactorDesk>(), tower.Services.GetRequiredService<FactorStore>());
        var by = new Actor(person.Id, person.Name, person.Role, "10.0.0.1");
        var seen = (await desk.BeginAsync(person.Id, person.Email, "another session", default))!;
        var mine = (await desk.BeginAsync(person.Id, person.Email, Asking, default))!;
        Assert.NotEqual(seen.Key, mine.Key);
        Assert.Equal(mine, await desk.ToSetAsync(person.Id, person.Email, Asking, default));
        var code = Totp.At(tower.Services.GetRequiredService<FactorSeal>().Open(person.Id, (await store.FindAsync(person.Id))!.Sealed)!, Now);
        Assert.Null((await desk.ConfirmAsync(person.Id, mine.Stamp, "another session", code, Permissions.FactorWrite, by, default)).Recovery);
        await desk.ForgetAsync(person.Id, "another session", default);
        Assert.NotNull(await store.FindAsync(person.Id));
        await desk.ForgetAsync(person.Id, Asking, default);
        Assert.Null(await store.FindAsync(person.Id));

        using var stranger = await HalfAsync(tower, person);
        var read = KeyIn(await stranger.GetStringAsync(new Uri(Gate, UriKind.Relative)));
        using var owner = await HalfAsync(tower, person);
        var shown = KeyIn(await owner.GetStringAsync(new Uri(Gate, UriKind.Relative)));
        Assert.NotEqual(read, shown);
        Assert.Equal(HttpStatusCode.OK, (await GiveAsync(owner, Totp.At(shown, Now))).Status);
    }

    [Fact]
    public async Task Nothing_leads_around_it()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, key, _) = await EnrolledAsync(tower, Roles.Operations);
        Assert.False(await tower.Database.ScalarAsync<bool>($"select position('\\x{Convert.ToHexStringLower(key)}'::bytea in secret) > 0 from account_factor"));

        // A link for a new password is not the second factor.
        var link = await tower.Services.GetRequiredService<LinkStore>().IssueAsync(person.Id, TimeSpan.FromHours(1), Actor.Tower("test"));
        using var client = tower.Client(html: true);
        var setup = $"/setup?code={link}";
        using var form = new FormUrlEncodedContent([new("_handler", "setup"), new("__RequestVerificationToken", await TestTower.FormTokenAsync(client, setup)), new("Form.Password", "three brown quiet words")]);
        using var answer = await client.PostAsync(new Uri(setup, UriKind.Relative), form);
        Assert.Equal($"{tower.Url}{Gate}", answer.Headers.Location!.ToString());
        Assert.Equal(0, await tower.OpenSessionsAsync());

        // Without the half of the sign-in that this browser did, there is no second.
        using var stranger = tower.Client(html: true);
        Assert.Equal(HttpStatusCode.Gone, (await stranger.GetAsync(new Uri(Gate, UriKind.Relative))).StatusCode);

        // Half a sign-in ends with a new password, and when it was finished.
        using var half = await HalfAsync(tower, person, "three brown quiet words");
        Assert.Equal(HttpStatusCode.Redirect, (await GiveAsync(half, Totp.At(key, Now.AddSeconds(30)))).Status);
        Assert.Equal(1, await tower.OpenSessionsAsync());
        Assert.Equal(HttpStatusCode.Gone, (await half.GetAsync(new Uri(Gate, UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task An_admin_takes_it_away_with_a_reason_which_ends_the_sessions_and_nobody_else_does()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, _, _) = await EnrolledAsync(tower, Roles.Operations);
        var gate = tower.Services.GetRequiredService<SessionGate>();
        var session = await tower.SessionAsync(person.Id, "127.0.0.1");
        await using (var own = await OpenScope.OfAsync(tower, session))
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => own.Admin.ResetFactorAsync(person.Id, "lost my phone"));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>($"select count(*) from audit where action = '{Permissions.AccountsWrite}' and outcome = 'refused' and actor_id = '{person.Id}'"));

        await using var admin = await OpenScope.OfAsync(tower, await tower.SessionAsync((await tower.PersonAsync(Roles.Admin)).Id, "127.0.0.1"));
        Assert.NotNull(await admin.Admin.ResetFactorAsync(person.Id, "  "));
        Assert.Null(await admin.Admin.ResetFactorAsync(person.Id, "lost the phone"));
        Assert.Null(await gate.NowAsync(session));
        Assert.Equal("lost the phone", await tower.Database.ScalarAsync<string>("select reason from audit where action = 'admin:account:reset-factor' and outcome = 'done'"));
        using var client = await tower.SignInAsync(person);
    }

    internal static async Task<(Account Person, byte[] Key, IReadOnlyList<string> Recovery)> EnrolledAsync(TestTower tower, string role, TimeProvider? clock = null)
    {
        var (person, desk) = (await tower.PersonAsync(role), tower.Services.GetRequiredService<FactorDesk>());
        await desk.ToSetAsync(person.Id, person.Email, Asking, default);
        var stored = await tower.Services.GetRequiredService<FactorStore>().FindAsync(person.Id);
        var key = tower.Services.GetRequiredService<FactorSeal>().Open(person.Id, stored!.Sealed)!;
        var (recovery, _) = await desk.ConfirmAsync(person.Id, stored.Stamp, Asking, Totp.At(key, (clock ?? TimeProvider.System).GetUtcNow()), Permissions.FactorWrite, new Actor(person.Id, person.Name, role, "10.0.0.1"), default);
        Assert.Equal(10, recovery!.Count);
        return (person, key, recovery);
    }

    internal static async Task<HttpClient> HalfAsync(TestTower tower, Account person, string password = TestTower.Password)
    {
        var client = tower.Client(html: true);
        using var half = await TestTower.PostSignInAsync(client, person.Email, password);
        Assert.EndsWith(Gate, half.Headers.Location!.ToString(), StringComparison.Ordinal);
        return client;
    }

    internal static async Task<(HttpStatusCode Status, string Page)> GiveAsync(HttpClient client, string code, string? token = null)
    {
        using var form = new FormUrlEncodedContent([new("_handler", "code"), new("__RequestVerificationToken", token ?? await TestTower.FormTokenAsync(client, Gate)), new("Form.Code", code)]);
        using var answer = await client.PostAsync(new Uri(Gate, UriKind.Relative), form);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static byte[] KeyIn(string page)
    {
        const string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var text = Key().Match(page).Groups["key"].Value.Replace(" ", "", StringComparison.Ordinal);
        var bits = string.Concat(text.Select(c => Convert.ToString(alphabet.IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(part => part.Length == 8).Select(part => Convert.ToByte(new string(part), 2))];
    }

    [GeneratedRegex("data-ct=\"factor-key\">(?<key>[A-Z2-7 ]+)<", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Key();

    [GeneratedRegex("[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", RegexOptions.NonBacktracking)]
    private static partial Regex Codes();
}
