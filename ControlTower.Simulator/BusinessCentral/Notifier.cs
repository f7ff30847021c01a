using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using ControlTower.Simulator.Ledger;

namespace ControlTower.Simulator.BusinessCentral;

/// <summary>Sends a company's notices, and asks a new subscriber to prove that it wants them.</summary>
public sealed class Notifier(Company company, CancellationToken stopping) : IDisposable
{
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(36);

    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(2), UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private long sent;

    public long Sent => Interlocked.Read(ref sent);

    /// <summary>True when the subscriber echoed the token with status 200.</summary>
    public async Task<bool> ShakesHandsAsync(string url)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        try
        {
            using var answer = await http.PostAsync(url + (url.Contains('?', StringComparison.Ordinal) ? '&' : '?') + "validationToken=" + token, null, stopping);
            return answer.StatusCode == HttpStatusCode.OK && (await answer.Content.ReadAsStringAsync(stopping)).Trim() == token;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or UriFormatException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Starts the delivery of everything that is due.</summary>
    public void Round()
    {
        foreach (var (subscription, notices) in company.Subscriptions.TakeDue(company.Options.Scaled(company.Options.NotificationGathering)))
        {
            _ = Task.Run(() => DeliverAsync(subscription, notices), stopping);
        }
    }

    private async Task DeliverAsync(Subscription subscription, IReadOnlyList<object> notices)
    {
        var pause = TimeSpan.FromSeconds(30);
        for (var waited = TimeSpan.Zero; waited < LongestRetry; waited += pause, pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, TimeSpan.FromHours(2).Ticks)))
        {
            var status = await SendAsync(subscription.NotificationUrl, notices);
            if (status is >= 200 and < 300)
            {
                Interlocked.Increment(ref sent);
                return;
            }

            // The vendor retries only what looks temporary; any other answer costs the subscription.
            if (status is not (0 or 408 or 429 or >= 500)) break;
            await Task.Delay(company.Options.Scaled(pause), company.Options.Clock, stopping);
            if (company.Subscriptions.Find(subscription.Id) is null) return;
        }

        await company.ChangeAsync(change =>
        {
            company.Subscriptions.Remove(change, subscription.Id);
            return true;
        });
    }

    private async Task<int> SendAsync(string url, IReadOnlyList<object> notices)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync(url, new { value = notices }, Journal.Json, stopping);
            return (int)answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !stopping.IsCancellationRequested))
        {
            return 0;
        }
    }

    public void Dispose() => http.Dispose();
}
