using System.Net;
using ControlTower.Simulator.Api;
using ControlTower.Simulator.Faults;
using ControlTower.Simulator.Shopify.GraphQl;

namespace ControlTower.Simulator;

/// <summary>
/// The estate as a web server. Many may run side by side in one process; each has its own port, ledgers and clock.
/// </summary>
public sealed class EstateApp : IAsyncDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(100);

    private readonly WebApplication web;
    private readonly CancellationTokenSource stopping;
    private readonly Task rounds;

    private EstateApp(WebApplication web, Estate estate, CancellationTokenSource stopping)
    {
        this.web = web;
        this.stopping = stopping;
        Estate = estate;
        BaseUrl = web.Urls.First();
        rounds = Task.Run(RunAsync, CancellationToken.None);
    }

    public Estate Estate { get; }

    /// <summary>For example http://127.0.0.1:40123, without a slash at the end.</summary>
    public string BaseUrl { get; }

    /// <summary>Listens when the task ends. Options with problems are refused with all of them in one message.</summary>
    public static async Task<EstateApp> StartAsync(EstateOptions options, CancellationToken cancel = default)
    {
        if (options.Problems() is { Count: > 0 } problems) throw new ArgumentException(string.Join("; ", problems), nameof(options));
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "estate" });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Parse(options.Host), options.Port);
            kestrel.Limits.MaxRequestBodySize = 16 * 1024 * 1024;
        });
        var web = builder.Build();
        var stopping = new CancellationTokenSource();
        var estate = new Estate(options, stopping.Token);
        // Building the schema takes most of a second: done before the first caller waits for it.
        _ = AdminSchema.Shared;
        Map(web, estate, stopping.Token);
        await web.StartAsync(cancel);
        return new EstateApp(web, estate, stopping);
    }

    private static void Map(WebApplication web, Estate estate, CancellationToken stopping)
    {
        var gate = new FaultGate(estate.Options, stopping);
        web.Use((context, next) => OwnPagesOnly(context, estate.Options, next));
        EstateApi.Map(web, estate);
        web.MapPost("/shopify/{shop}/admin/api/{version}/graphql.json", (HttpContext context, string shop, string version) =>
            estate.Shop(shop) is { } found && found.Market.Key == shop
                ? gate.RunAsync(context, estate.ShopFaults[found.Market.SystemId], tokenRequest: false, () => AdminApi.HandleAsync(context, found, version, estate.ShopFaults[found.Market.SystemId]))
                : NotFound(context));
        web.Map("/square/eu/v2/{**rest}", (HttpContext context, string? rest) =>
            estate.Pos is { } pos ? gate.RunAsync(context, pos.Faults, tokenRequest: false, () => pos.Api.HandleAsync(context, rest ?? "")) : NotFound(context));
        web.Map("/stripe/eu/v1/{**rest}", (HttpContext context, string? rest) =>
            estate.Cards is { } cards ? gate.RunAsync(context, cards.Faults, tokenRequest: false, () => cards.Api.HandleAsync(context, rest ?? "")) : NotFound(context));
        web.MapPost("/oauth/{tenant}/oauth2/v2.0/token", (HttpContext context, string tenant) =>
            estate.Erp(tenant) is { } erp ? gate.RunAsync(context, erp.Faults, tokenRequest: true, () => erp.Tokens.HandleAsync(context)) : NotFound(context));
        web.Map("/bc/{environment}/api/v2.0/{**rest}", (HttpContext context, string environment, string? rest) =>
            estate.Erp(environment) is { } erp ? gate.RunAsync(context, erp.Faults, tokenRequest: false, () => erp.Api.HandleAsync(context, rest ?? "")) : NotFound(context));
    }

    /// <summary>
    /// The estate has no sign-in, so a page of another origin must not reach it: neither by its own script nor by a name that resolves to loopback.
    /// </summary>
    private static Task OwnPagesOnly(HttpContext context, EstateOptions options, RequestDelegate next)
    {
        var host = context.Request.Host.Host;
        var ownName = options.AllowRemote || host is "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
        var origin = context.Request.Headers.Origin.ToString();
        if (ownName && (origin.Length == 0 || origin == $"{context.Request.Scheme}://{context.Request.Host}")) return next(context);
        context.Response.StatusCode = 403;
        return context.Response.WriteAsync("The estate answers its own pages and programs on this machine only.", context.RequestAborted);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Round, Estate.Options.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                await Estate.Traffic.RoundAsync();
                if (Estate.Pos is { } pos) await pos.Tills.RoundAsync(Estate.Traffic.Running);
                if (Estate.Scenario is { } scenario) await scenario.RoundAsync();
                foreach (var erp in Estate.Erps)
                {
                    if (Estate.Options.ClerkRunning) await erp.Clerk.RoundAsync();
                    erp.Notifier.Round();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await rounds;
        await web.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(3), TimeProvider.System).Token);
        await Estate.DisposeAsync();
        await web.DisposeAsync();
        stopping.Dispose();
    }
}
