using System.Net;
using ControlTower.Data.Audit;
using ControlTower.Data.Wall;
using ControlTower.Tests.Support;
using ControlTower.Web.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ControlTower.Tests.Web.Wall;

/// <summary>A wallboard's token opens the wallboard and its circuit, and no other door of the tower.</summary>
public sealed class WallTokenTests : IAsyncLifetime
{
    private static readonly Actor Ada = new(Guid.NewGuid(), "Ada Lind", "Admin");

    private TestTower tower = null!;

    private WallTokenStore Tokens => tower.Services.GetRequiredService<WallTokenStore>();

    public async ValueTask InitializeAsync()
    {
        tower = await TestTower.StartAsync();
        await new OrderWorld(tower.Database).ConnectAsync();
    }

    [Fact]
    public async Task Opened_once_the_token_lies_in_a_cookie_no_script_reads_and_leaves_the_address()
    {
        var token = await MakeAsync("Ops room");
        using var screen = tower.Client(html: true);
        using var first = await screen.GetAsync(new Uri($"/wall?boards=flow,connections&token={token}&every=30", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        Assert.Equal("/wall?boards=flow,connections&every=30", first.Headers.Location!.ToString());
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("max-age=34560000", cookie, StringComparison.OrdinalIgnoreCase);

        using var second = await screen.GetAsync(first.Headers.Location);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Contains("wallboard token “Ops room”, read only", WebUtility.HtmlDecode(await second.Content.ReadAsStringAsync()), StringComparison.Ordinal);
        // Each opening makes it last again.
        Assert.Contains("max-age=34560000", second.Headers.GetValues("Set-Cookie").Single(kept => kept.StartsWith("ct-wall=", StringComparison.Ordinal)), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("127.0.0.1", Assert.Single(await Tokens.ListAsync(default)).SeenFrom);
    }

    [Promise(20)]
    [Fact]
    public async Task It_opens_the_wallboard_and_its_circuit_and_is_refused_at_every_other_door()
    {
        using var screen = await ScreenAsync(await MakeAsync("Ops room"));
        List<string> opened = [];
        foreach (var endpoint in tower.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
                continue; // Open to everybody, and the same for everybody.
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"])
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Fill(pattern), UriKind.Relative));
                using var answer = await screen.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var refused = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                    || (answer.StatusCode is HttpStatusCode.Redirect && answer.Headers.Location!.ToString().StartsWith("/sign-in", StringComparison.Ordinal));
                if (!refused)
                    opened.Add(pattern);
            }
        }

        Assert.Equal(["/_blazor", "/_blazor/disconnect/", "/_blazor/initializers/", "/_blazor/negotiate", "/wall"], opened.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Promise(20)]
    [Fact]
    public async Task Inside_its_circuit_no_other_page_is_its_own_either()
    {
        var user = WallScreen.Principal(new WallPass(Guid.NewGuid(), "Ops room", null), new string('0', 64));
        var rights = tower.Services.GetRequiredService<IAuthorizationService>();
        foreach (var permission in Permissions.All)
            Assert.Equal(permission is Permissions.WallRead or Permissions.CircuitOpen, (await rights.AuthorizeAsync(user, null, permission)).Succeeded);
        Assert.Null(SignedIn.From(user));
    }

    [Promise(21)]
    [Fact]
    public async Task A_withdrawn_token_ends_the_open_circuit_and_the_door_says_what_became_of_it()
    {
        var token = await MakeAsync("Ops room");
        using var screen = await ScreenAsync(token);
        var made = Assert.Single(await Tokens.ListAsync(default));
        await using var scope = tower.Services.CreateAsyncScope();
        var live = scope.ServiceProvider.GetRequiredService<LiveSession>();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        live.AuthenticationStateChanged += async state =>
        {
            if ((await state).User.Identity is not { IsAuthenticated: true })
                ended.TrySetResult();
        };
        live.SetAuthenticationState(Task.FromResult(new AuthenticationState(WallScreen.Principal(new WallPass(made.Id, made.Name, null), WallGate.HashOf(token)))));

        Assert.Equal(WallRefusal.None, await Tokens.WithdrawAsync(made.Id, Ada, default));
        Assert.Equal(WallRefusal.NotFound, await Tokens.WithdrawAsync(made.Id, Ada, default));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10));

        using var refused = await screen.GetAsync(new Uri("/wall?boards=exceptions", UriKind.Relative));
        Assert.Equal("/wall/withdrawn?boards=exceptions", refused.Headers.Location!.ToString());
        Assert.Contains("This wallboard's token was withdrawn", WebUtility.HtmlDecode(await screen.GetStringAsync(refused.Headers.Location)), StringComparison.Ordinal);
        using var again = await screen.GetAsync(new Uri($"/wall?token={token}", UriKind.Relative));
        Assert.Equal("/wall/withdrawn", again.Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("ctw_")]
    [InlineData("ctw_0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ctk_0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("%27%20or%201%3D1")]
    public async Task A_forged_token_gets_no_cookie(string forged)
    {
        using var screen = tower.Client(html: true);
        using var answer = await screen.GetAsync(new Uri($"/wall?token={forged}", UriKind.Relative));
        Assert.Equal("/wall/withdrawn", answer.Headers.Location!.ToString());
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task Only_the_hash_is_kept_each_act_is_audited_and_a_name_is_given_once_at_a_time()
    {
        var token = await MakeAsync("Ops room");
        Assert.Equal((null, WallRefusal.NameTaken), await Tokens.MakeAsync(Guid.NewGuid(), "ops ROOM", null, Ada, default));
        Assert.Equal((null, WallRefusal.UnknownBrand), await Tokens.MakeAsync(Guid.NewGuid(), "Stores", "Nobody's", Ada, default));
        await Tokens.WithdrawAsync(Assert.Single(await Tokens.ListAsync(default)).Id, Ada, default);
        await MakeAsync("Ops room");
        Assert.Equal(3, await tower.Database.ScalarAsync<long>("select count(*) from audit where action = 'admin:wallboard:manage'"));
        Assert.Equal(0, await tower.Database.ScalarAsync<long>($"select (select count(*) from audit a where a::text like '%{token}%') + (select count(*) from wall_token t where t::text like '%{token[4..]}%')"));
    }

    [Fact]
    public async Task A_token_of_one_brand_shows_no_other()
    {
        var world = new OrderWorld(tower.Database);
        await world.OrderAsync("#1");
        await world.OrderAsync("#2", source: OrderWorld.OtherShop, currency: "GBP");
        using var screen = await ScreenAsync(await MakeAsync("Fjord room", "Fjord"));
        var refused = WebUtility.HtmlDecode(await screen.GetStringAsync(new Uri("/wall?brand=Northlane", UriKind.Relative)));
        Assert.Contains("brand: this wallboard's token is for Fjord alone.", refused, StringComparison.Ordinal);
        Assert.Contains("Order flow, Fjord", WebUtility.HtmlDecode(await screen.GetStringAsync(new Uri("/wall", UriKind.Relative))), StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => tower.DisposeAsync();

    private async Task<string> MakeAsync(string name, string? brand = null) => (await Tokens.MakeAsync(Guid.NewGuid(), name, brand, Ada, default)).Token!;

    private async Task<HttpClient> ScreenAsync(string token)
    {
        var screen = tower.Client(html: true);
        using var answer = await screen.GetAsync(new Uri($"/wall?token={token}", UriKind.Relative));
        Assert.Equal("/wall", answer.Headers.Location!.ToString());
        return screen;
    }

    private static string Fill(string pattern) => string.Join('/', pattern.Split('/').Select(part =>
        !part.StartsWith('{') ? part : part.Contains(":file", StringComparison.Ordinal) ? "x.txt" : part.Contains(":int", StringComparison.Ordinal) || part.Contains(":long", StringComparison.Ordinal) ? "1"
            : part.Contains(":guid", StringComparison.Ordinal) ? Guid.Empty.ToString() : "x"));
}
