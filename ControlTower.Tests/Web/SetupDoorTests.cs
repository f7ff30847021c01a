using System.Net;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace ControlTower.Tests.Web;

/// <summary>The first admin's door: whatever is sent, one admin or none, and words.</summary>
public sealed class SetupDoorTests
{
    private const string Good = "four quiet brown harbours";

    [Theory]
    [InlineData("Ida Holm", "ida@test.example", "short", HttpStatusCode.UnprocessableEntity)]
    [InlineData("Ida Holm", "ida@test.example", "", HttpStatusCode.UnprocessableEntity)]
    [InlineData("", "", "", HttpStatusCode.UnprocessableEntity)]
    [InlineData("Ida\u0007Holm", "ida@test.example", Good, HttpStatusCode.UnprocessableEntity)]
    [InlineData("Ida\u202eHolm", "ida@test.example", Good, HttpStatusCode.UnprocessableEntity)]
    [InlineData("Ida Holm", "not an address", Good, HttpStatusCode.UnprocessableEntity)]
    [InlineData("Ida Holm", "ida@test.example\r\nBcc: x@test.example", Good, HttpStatusCode.UnprocessableEntity)]
    public async Task Bad_values_are_named_beside_the_form_and_the_link_still_works(string name, string email, string password, HttpStatusCode expected)
    {
        await using var tower = await TestTower.StartAsync();
        var page = $"/setup?code={await LinkAsync(tower)}";
        using var client = tower.Client(html: true);
        using var refused = await PostAsync(client, page, name, email, password);
        Assert.Equal(expected, refused.StatusCode);
        Assert.Contains("data-ct=\"errors\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await AccountsAsync(tower));
        using var taken = await PostAsync(client, page, "Ida Holm", "ida@test.example", Good);
        Assert.Equal(HttpStatusCode.Redirect, taken.StatusCode);
        Assert.Equal(1, await AccountsAsync(tower));
        Assert.Empty(tower.Log.Errors);
    }

    [Fact]
    public async Task A_name_of_ten_megabytes_is_too_large_in_words()
    {
        await using var tower = await TestTower.StartAsync();
        var page = $"/setup?code={await LinkAsync(tower)}";
        using var client = tower.Client(html: true);
        // As browsers and curl do with much to send: the server's word first.
        client.DefaultRequestHeaders.ExpectContinue = true;
        using var refused = await PostAsync(client, page, new string('n', 10_000_000), "ida@test.example", Good);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Contains("<h1", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await AccountsAsync(tower));
        Assert.Empty(tower.Log.Errors);
    }

    [Fact]
    public async Task A_used_and_an_expired_code_say_that_the_link_does_not_work_any_more()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var tower = await TestTower.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var page = $"/setup?code={await LinkAsync(tower)}";
        using var client = tower.Client(html: true);
        var token = await TestTower.FormTokenAsync(client, page);
        clock.Advance(TimeSpan.FromHours(1));
        await AssertVoidAsync(client, page, token);
        Assert.Equal(0, await AccountsAsync(tower));

        page = $"/setup?code={await tower.Services.GetRequiredService<LinkStore>().IssueAsync(null, TimeSpan.FromHours(1), Actor.Tower("test"))}";
        using var first = tower.Client(html: true);
        using var made = await PostAsync(first, page, "Ida Holm", "ida@test.example", Good);
        Assert.Equal(HttpStatusCode.Redirect, made.StatusCode);
        await AssertVoidAsync(client, page, token);
        await AssertVoidAsync(client, "/setup?code=%00", token);
        await AssertVoidAsync(client, $"/setup?code={new string('\u00e4', 64)}", token);
        await AssertVoidAsync(client, "/setup", token);
        Assert.Equal(1, await AccountsAsync(tower));
        Assert.Empty(tower.Log.Errors);
    }

    [Fact]
    public async Task Of_ten_people_with_the_same_link_at_once_one_becomes_the_admin()
    {
        await using var tower = await TestTower.StartAsync();
        var page = $"/setup?code={await LinkAsync(tower)}";
        var clients = Enumerable.Range(0, 10).Select(_ => tower.Client(html: true)).ToList();
        var tokens = await Task.WhenAll(clients.Select(client => TestTower.FormTokenAsync(client, page)));
        var answers = await Task.WhenAll(clients.Select((client, i) => PostAsync(client, page, $"Person {(char)('A' + i)}", $"person{i}@test.example", Good, tokens[i])));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Redirect);
        Assert.Equal(9, answers.Count(answer => answer.StatusCode == HttpStatusCode.Gone));
        Assert.Equal(1, await AccountsAsync(tower));
        Assert.Equal(1, await tower.Database.ScalarAsync<long>("select count(*) from account_session"));
        Assert.Empty(tower.Log.Errors);
        clients.ForEach(client => client.Dispose());
    }

    private static async Task AssertVoidAsync(HttpClient client, string page, string token)
    {
        using var answer = await PostAsync(client, page, "Ida Holm", "ida@test.example", Good, token);
        Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        Assert.Contains("This link does not work any more.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string page, string name, string email, string password, string? token = null)
    {
        using var form = new FormUrlEncodedContent(
        [
            new("_handler", "setup"), new("__RequestVerificationToken", token ?? await TestTower.FormTokenAsync(client, page)), new("Form.Name", name), new("Form.Email", email), new("Form.Password", password),
        ]);
        return await client.PostAsync(new Uri(page, UriKind.Relative), form);
    }

    /// <summary>The start itself makes a link, a moment after it began to listen; the newest counts.</summary>
    private static async Task<string> LinkAsync(TestTower tower)
    {
        for (var i = 0; i < 1000 && await tower.Database.ScalarAsync<long>("select count(*) from account_link") == 0; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        return await tower.Services.GetRequiredService<LinkStore>().IssueAsync(null, TimeSpan.FromHours(1), Actor.Tower("test"));
    }

    private static Task<long> AccountsAsync(TestTower tower) => tower.Database.ScalarAsync<long>("select count(*) from account");
}
