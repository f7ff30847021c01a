using System.Globalization;
using System.Net;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using ControlTower.Web.Auth.Factors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web.Identity;

/// <summary>Where a second factor is asked for behind the door, what ends a sign-in that is under way, and what of all that is in the audit.</summary>
public sealed class FactorProofTests
{
    private const string OfFactors = "select string_agg(reason, '; ' order by seq) from audit where outcome = 'refused' and reason like 'second factor%'";

    private static DateTimeOffset Soon => TimeProvider.System.GetUtcNow().AddSeconds(30);

    [Fact]
    public async Task With_a_second_factor_the_password_alone_proves_nobody()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, key, recovery) = await SecondFactorTests.EnrolledAsync(tower, Roles.Admin);
        var (session, desk) = (await tower.SessionAsync(person.Id, "127.0.0.1"), tower.Services.GetRequiredService<SignInDesk>());
        await using var page = await OpenScope.OfAsync(tower, session);
        const string longAgo = "update account_session set proven_at = now() - interval '1 hour'";
        await tower.Database.ExecuteAsync(longAgo);

        Assert.Equal(new ProofAnswer(ProofFault.Code, 4), await desk.ProveAsync(session, TestTower.Password, "", "10.0.0.1"));
        Assert.Equal(new ProofAnswer(ProofFault.Code, 3), await desk.ProveAsync(session, TestTower.Password, "000000", "10.0.0.1"));
        Assert.Equal(ProofFault.Password, (await desk.ProveAsync(session, "not the password", Totp.At(key, Soon), "10.0.0.1")).Fault);
        await Assert.ThrowsAsync<ProofNeededException>(() => page.Actor.MustAsync(Permissions.AccountsWrite));
        Assert.Equal(ProofFault.None, (await desk.ProveAsync(session, TestTower.Password, Totp.At(key, Soon), "10.0.0.1")).Fault);
        await page.Actor.MustAsync(Permissions.AccountsWrite);
        await tower.Database.ExecuteAsync(longAgo);
        Assert.Equal(ProofFault.None, (await desk.ProveAsync(session, TestTower.Password, recovery[0], "10.0.0.1")).Fault);
        Assert.Equal("second factor did not match; second factor did not match", await tower.Database.ScalarAsync<string>(OfFactors));
    }

    [Fact]
    public async Task It_goes_with_a_code_of_it_alone_and_stays_where_the_role_needs_it()
    {
        await using var tower = await TestTower.StartAsync(null, null, "Auth:SecondFactor=admins");
        var (person, _, recovery) = await SecondFactorTests.EnrolledAsync(tower, Roles.Operations);
        var (desk, by) = (tower.Services.GetRequiredService<FactorDesk>(), new Actor(person.Id, person.Name, person.Role, "10.0.0.1"));
        Assert.False((await desk.RemoveAsync("", by, default)).Right);
        Assert.False((await desk.RemoveAsync("000000", by, default)).Right);
        Assert.True(await desk.HasAsync(person.Id, default));
        Assert.True((await desk.RemoveAsync(recovery[2], by, default)).Right);
        Assert.False(await desk.HasAsync(person.Id, default));
        Assert.Equal("removed", await tower.Database.ScalarAsync<string>("select detail::jsonb ->> 'second factor' from audit where action = 'shell:factor:write' and reason = 'by themselves'"));

        var (admin, _, codes) = await SecondFactorTests.EnrolledAsync(tower, Roles.Admin);
        await Assert.ThrowsAsync<ArgumentException>(() => desk.RemoveAsync(codes[0], new Actor(admin.Id, admin.Name, admin.Role), default));
        Assert.True(await desk.HasAsync(admin.Id, default));
    }

    [Fact]
    public async Task A_new_password_while_the_code_is_typed_ends_that_sign_in()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, key, _) = await SecondFactorTests.EnrolledAsync(tower, Roles.Operations);
        using var half = await SecondFactorTests.HalfAsync(tower, person);
        var token = await TestTower.FormTokenAsync(half, SecondFactorTests.Gate);
        await ResetAsync(tower, person);
        var (status, page) = await SecondFactorTests.GiveAsync(half, Totp.At(key, Soon), token);
        Assert.Equal(HttpStatusCode.Gone, status);
        Assert.Contains("Begin again.", page, StringComparison.Ordinal);
        Assert.Equal(0, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task A_sign_in_that_waits_for_a_new_password_to_be_written_opens_nothing()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        var (stamp, desk) = (await StampAsync(tower, person), tower.Services.GetRequiredService<SignInDesk>());
        await using var connection = await tower.Database.Sources.Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var reset = connection.CreateCommand())
        {
            reset.CommandText = "update account set security_stamp = gen_random_uuid()";
            await reset.ExecuteNonQueryAsync();
        }

        var opening = desk.OpenAsync(person.Id, stamp, "10.0.0.1", "");
        while (!await tower.Database.ScalarAsync<bool>("select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%account_session%')"))
            Assert.False(opening.IsCompleted);
        await transaction.CommitAsync();
        Assert.Null((await opening).Session);
        Assert.Equal(0, await tower.OpenSessionsAsync());
    }

    [Fact]
    public async Task What_was_begun_under_an_old_password_sets_no_factor_and_opens_nothing()
    {
        await using var tower = await TestTower.StartAsync();
        var person = await tower.PersonAsync(Roles.Operations);
        var (desk, factors, store) = (tower.Services.GetRequiredService<SignInDesk>(), tower.Services.GetRequiredService<FactorDesk>(), tower.Services.GetRequiredService<FactorStore>());
        var (stamp, by) = (await StampAsync(tower, person), new Actor(person.Id, person.Name, person.Role, "10.0.0.1"));
        await ResetAsync(tower, person);
        var waiting = (await factors.ToSetAsync(person.Id, person.Email, "asking", default))!;
        var stored = (await store.FindAsync(person.Id))!;
        var code = Totp.At(tower.Services.GetRequiredService<FactorSeal>().Open(person.Id, stored.Sealed)!, TimeProvider.System.GetUtcNow());

        Assert.Null((await desk.EnterAsync(person.Id, stamp, "10.0.0.1", "")).Session);
        Assert.Null((await factors.ConfirmAsync(person.Id, stamp, "asking", code, Permissions.FactorWrite, by, default)).Recovery);
        Assert.False(await factors.HasAsync(person.Id, default));
        Assert.NotNull((await factors.ConfirmAsync(person.Id, waiting.Stamp, "asking", code, Permissions.FactorWrite, by, default)).Recovery);
        var step = (await desk.EnterAsync(person.Id, stamp, "10.0.0.1", "")).Step!;
        Assert.Null(await store.StepAsync(step));
    }

    [Fact]
    public async Task Whoever_knows_the_password_and_no_code_is_in_the_audit_and_a_flood_of_codes_is_one_row()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var (person, key, _) = await SecondFactorTests.EnrolledAsync(tower, Roles.Operations, clock);
        var (desk, factors, by) = (tower.Services.GetRequiredService<SignInDesk>(), tower.Services.GetRequiredService<FactorDesk>(), new Actor(person.Id, person.Name, person.Role, "10.0.0.1"));
        Assert.NotNull((await desk.TryAsync(person.Email, TestTower.Password, "10.0.0.1")).Step);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>($"select count(*) from audit where action = 'shell:session:begin' and actor_id = '{person.Id}'"));

        for (var i = 0; i < SignInLimits.PerEmail + 20; i++)
            await factors.CheckAsync(person.Id, "000000", SignInDesk.Open, by with { Address = "10.0.1." + i.ToString(CultureInfo.InvariantCulture) }, default);
        const string refused = "second factor did not match; second factor did not match; second factor did not match; second factor did not match; second factor, paused for 15 minutes";
        Assert.Equal(refused, await tower.Database.ScalarAsync<string>(OfFactors));

        clock.Advance(SignInLimits.Pause + TimeSpan.FromMinutes(1));
        Assert.True((await factors.CheckAsync(person.Id, Totp.At(key, clock.GetUtcNow()), SignInDesk.Open, by, default)).Right);
        await tower.Services.GetRequiredService<PauseBook>().TellAsync();
        Assert.Equal(refused + "; second factor, tried during the pause", await tower.Database.ScalarAsync<string>(OfFactors));
        Assert.Equal("20", await tower.Database.ScalarAsync<string>("select detail::jsonb ->> 'tries' from audit where reason = 'second factor, tried during the pause'"));
    }

    [Fact]
    public async Task Right_passwords_without_a_code_are_counted_like_wrong_ones_and_told_once()
    {
        await using var tower = await TestTower.StartAsync();
        var (person, key, _) = await SecondFactorTests.EnrolledAsync(tower, Roles.Operations);
        var desk = tower.Services.GetRequiredService<SignInDesk>();
        for (var i = 1; i < SignInLimits.PerEmail; i++)
            Assert.NotNull((await desk.TryAsync(person.Email, TestTower.Password, "127.0.0.1")).Step);
        using (var half = await SecondFactorTests.HalfAsync(tower, person))
            Assert.Equal(HttpStatusCode.Redirect, (await SecondFactorTests.GiveAsync(half, Totp.At(key, Soon))).Status);
        for (var i = 0; i < SignInLimits.PerEmail; i++) // What opened made room.
            Assert.NotNull((await desk.TryAsync(person.Email, TestTower.Password, "127.0.0.1")).Step);
        Assert.NotNull((await desk.TryAsync(person.Email, TestTower.Password, "127.0.0.1")).PausedUntil);
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'shell:session:begin'"));
    }

    private static Task<Guid> StampAsync(TestTower tower, Account person) => tower.Database.ScalarAsync<Guid>($"select security_stamp from account where id = '{person.Id}'");

    private static async Task ResetAsync(TestTower tower, Account person)
    {
        var links = tower.Services.GetRequiredService<LinkStore>();
        var link = await links.IssueAsync(person.Id, TimeSpan.FromHours(1), Actor.Tower("test"));
        Assert.Equal(AccountRefusal.None, (await links.SetPasswordAsync(link, person.Id, tower.Services.GetRequiredService<Passwords>().Hash("three brown quiet words"), null)).Refusal);
    }
}
