using ControlTower.Data.Accounts;
using ControlTower.Data.Audit;
using ControlTower.Web.Hosting;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace ControlTower.Web.Auth;

/// <summary>
/// After the start, while no admin can sign in: prints the one-time link that makes one. With the simulated estate, and only when the
/// server listens on loopback alone, it also makes one demo person per role and prints their password.
/// </summary>
internal sealed class FirstRun(
    AccountStore accounts, LinkStore links, Passwords passwords, IServer server, IHostApplicationLifetime lifetime, IConfiguration configuration,
    IOptions<AuthOptions> auth, ILogger<FirstRun> log) : IHostedService
{
    private static readonly TimeSpan LinkLasts = TimeSpan.FromHours(1);

    private readonly TaskCompletionSource announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the way in was printed, or could not be: from then on nobody makes another first-run link by themselves.</summary>
    public Task Announced => announced.Task;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // The addresses are known only once the server listens.
        lifetime.ApplicationStarted.Register(() => _ = AnnounceAsync(lifetime.ApplicationStopping));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    internal async Task AnnounceAsync(CancellationToken stop)
    {
        try
        {
            var urls = server.Features.Get<IServerAddressesFeature>()?.Addresses.ToList() ?? [];
            var home = urls.FirstOrDefault()?.Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal) ?? "";
            var demo = !string.IsNullOrWhiteSpace(configuration["Estate:Url"]) && Addresses.AllLoopback(urls);
            if (demo)
                await DemoPeople.EnsureAsync(accounts, links, passwords, stop);
            if (!auth.Value.LocalSignIn)
            {
                Say($"Open {home} and sign in at {auth.Value.Name}. Passwords are switched off (Auth:LocalSignIn).");
            }
            else if (!await accounts.AnyAdminAsync(stop))
            {
                var secret = await links.IssueAsync(null, LinkLasts, Actor.Tower("first run"), stop);
                Say($"First run: open {home}{Links.Setup}?code={secret} to make the first admin. The link works once, for {LinkLasts.TotalMinutes:0} minutes.");
            }
            else if (demo && await DemoPeople.AnyAsync(accounts, stop))
            {
                Say($"Open {home} and sign in as one of {string.Join(", ", DemoPeople.Emails)}. Password: {DemoPeople.Password}");
                Say($"These demo people exist because the simulated estate runs and this server can be reached from this machine only.");
            }
            else
            {
                Say($"Open {home}");
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped before anybody could read it.
        }
        catch (Exception e)
        {
            log.LogError(e, "The first-run link could not be made. Start again when the database answers.");
        }
        finally
        {
            announced.TrySetResult();
        }
    }

    // To the console and never to the log: a link is a secret.
    private static void Say(FormattableString line) => Console.Out.WriteLine(FormattableString.Invariant(line));
}
