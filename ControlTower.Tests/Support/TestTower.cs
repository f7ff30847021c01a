using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Web;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ControlTower.Tests.Support;

/// <summary>The whole web tower in this process, on a free loopback port, over a database of its own. People sign in through the front door.</summary>
public sealed partial class TestTower : IAsyncDisposable
{
    public const string Password = "a quiet brown harbour";

    private readonly WebApplication app;
    private readonly string folder;
    private readonly bool ownsDatabase;
    private string? hash;

    private TestTower(WebApplication app, TestDatabase database, string folder, bool ownsDatabase)
    {
        this.app = app;
        this.folder = folder;
        this.ownsDatabase = ownsDatabase;
        Database = database;
        Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
    }

    public TestDatabase Database { get; }

    /// <summary>Without a slash at its end.</summary>
    public string Url { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>Everything that was logged.</summary>
    public TestLog Log => Services.GetRequiredService<TestLog>();

    /// <param name="configure">Runs before the product's registrations, so that a double registered here wins.</param>
    /// <param name="database">An existing one, kept alive by the caller; else a new one.</param>
    /// <param name="settings">As on the command line: <c>Tower:StoreZone=Europe/Amsterdam</c>.</param>
    public static async Task<TestTower> StartAsync(
        Action<WebApplicationBuilder>? configure = null, TestDatabase? database = null, params string[] settings)
    {
        var folder = TestFolders.Create("tower");
        var own = database is null;
        database ??= await TestDatabase.CreateAsync();
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--Database:ConnectionString={database.ConnectionString}", "--Database:AllowUnsafeSettings=true",
            $"--Tower:KeyFolder={Path.Combine(folder, "keys")}", "--Tower:Roles=web", "--Tower:AllowPlainKeys=true", "--environment=Production", "--Logging:Console:LogLevel:Default=None", .. settings.Select(setting => "--" + setting),
        ];
        var log = new TestLog();
        var app = TowerApp.Build(args, builder =>
        {
            configure?.Invoke(builder);
            builder.Services.AddSingleton(log);
            builder.Services.TryAddSingleton(_ => new Passwords(iterations: 1_000));
            // Whatever a test sees go wrong in a browser has its name.
            builder.Services.PostConfigure<CircuitOptions>(options => options.DetailedErrors = true);
        });
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await app.Services.OpenTowerAsync();
        await app.StartAsync();
        // Its first-run link would make the link of a test void.
        if (app.Services.GetServices<IHostedService>().OfType<FirstRun>().SingleOrDefault() is { } first)
            await first.Announced;
        return new TestTower(app, database, folder, own);
    }

    /// <summary>Makes an account with <see cref="Password"/>; the e-mail tells the role.</summary>
    public async Task<Account> PersonAsync(string role, bool finance = false, string? email = null, string? name = null)
    {
        var accounts = Services.GetRequiredService<AccountStore>();
        var links = Services.GetRequiredService<LinkStore>();
        hash ??= Services.GetRequiredService<Passwords>().Hash(Password);
        var by = Actor.Tower("test");
        var person = new NewAccount(email ?? $"{role}-{Guid.NewGuid().ToString("N")[..8]}@test.example", name ?? $"{role} Tester", role, finance);
        var (account, _) = await accounts.AddAsync(person, by);
        var secret = await links.IssueAsync(account!.Id, TimeSpan.FromHours(1), by);
        await links.SetPasswordAsync(secret, account.Id, hash, null);
        return account;
    }

    /// <summary>Opens a session without the door; its secret.</summary>
    public async Task<string> SessionAsync(Guid person, string address, string agent = "") =>
        (await Services.GetRequiredService<SessionStore>().OpenAsync(person, await Database.ScalarAsync<Guid>($"select security_stamp from account where id = '{person}'"), address, agent))!;

    /// <summary>A browser without a page: keeps cookies, follows nothing by itself.</summary>
    public HttpClient Client(bool html = false)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer(), UseProxy = false })
        {
            BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60),
        };
        if (html)
            client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        return client;
    }

    /// <summary>Signs in through the form, as a browser does.</summary>
    public async Task<HttpClient> SignInAsync(Account person, bool html = false)
    {
        var client = Client(html);
        using var answer = await PostSignInAsync(client, person.Email, Password);
        return answer.StatusCode == HttpStatusCode.Redirect ? client : throw new InvalidOperationException($"Sign-in answered {answer.StatusCode}.");
    }

    public async Task<HttpClient> SignInAsAsync(string role, bool finance = false, bool html = false) => await SignInAsync(await PersonAsync(role, finance), html);

    public static async Task<HttpResponseMessage> PostSignInAsync(HttpClient client, string email, string password, string page = "/sign-in")
    {
        var token = await FormTokenAsync(client, page);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["_handler"] = "sign-in", ["__RequestVerificationToken"] = token, ["Form.Email"] = email, ["Form.Password"] = password,
        });
        return await client.PostAsync(new Uri(page, UriKind.Relative), form);
    }

    /// <summary>The antiforgery token of the page's form.</summary>
    public static async Task<string> FormTokenAsync(HttpClient client, string page)
    {
        var html = await client.GetStringAsync(new Uri(page, UriKind.Relative));
        var match = Token().Match(html);
        return match.Success ? match.Groups["token"].Value : throw new InvalidOperationException($"{page} has no form token.");
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        if (ownsDatabase)
            await Database.DisposeAsync();
        TestFolders.Remove(folder);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}
