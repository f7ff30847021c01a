using System.Collections.Concurrent;
using System.Globalization;
using ControlTower.Data.ApiClients;
using ControlTower.Web.Auth;

namespace ControlTower.Web.Api;

/// <summary>
/// Lets in as many requests of a client as its limits say: of all operations together, of one operation where it has limits of its own, and of the day. Every answer says what is left in the fields of the IETF's draft
/// (draft-ietf-httpapi-ratelimit-headers-10), with the policies <c>rate</c>, <c>operation</c>, <c>at-once</c> and <c>day</c>. Who has no key is no business of this: the door has refused it already.
/// </summary>
internal sealed class ApiLimiter(RequestDelegate next, ApiQuotas quotas, TimeProvider clock)
{
    private static readonly ApiLimits NoLimits = new("", 10_000, 100_000, 1_000, null);

    private readonly ConcurrentDictionary<(Guid, string), ApiBucket> buckets = new();

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<GovernedDoor>() is null || !ApiKeyScheme.HasKey(http))
        {
            await next(http);
            return;
        }

        var caller = ApiKeyScheme.CallerOf(http);
        var operation = http.GetEndpoint()!.Metadata.GetMetadata<ApiOperation>()?.Id;
        var all = caller.Limits.FirstOrDefault(l => l.Operation.Length == 0) ?? NoLimits;
        var bucket = buckets.GetOrAdd((caller.Id, ""), _ => new ApiBucket(clock));
        var pass = bucket.Enter(all);
        Tell(http, all, "rate", pass);
        if (!pass.In)
        {
            await Problems.WriteAsync(http, pass.Busy ? Busy(all.AtOnce) : Fast($"{all.PerSecond} requests a second, {all.Burst} in one moment", pass.Wait));
            return;
        }

        var done = false;
        try
        {
            done = operation is not null && caller.Limits.FirstOrDefault(l => l.Operation == operation) is { } own ? await OwnAsync(http, caller, operation, own, all.PerDay) : await DayAsync(http, caller, all.PerDay);
        }
        catch
        {
            // Who hangs up, or breaks us, has asked all the same.
            done = true;
            throw;
        }
        finally
        {
            bucket.Leave(done);
        }
    }

    private async Task<bool> OwnAsync(HttpContext http, ApiCaller caller, string operation, ApiLimits own, long? perDay)
    {
        var bucket = buckets.GetOrAdd((caller.Id, operation), _ => new ApiBucket(clock));
        var pass = bucket.Enter(own);
        Tell(http, own, "operation", pass);
        if (!pass.In)
        {
            await Problems.WriteAsync(http, pass.Busy ? Busy(own.AtOnce) : Fast($"{own.PerSecond} requests a second of {operation}, {own.Burst} in one moment", pass.Wait));
            return false;
        }

        var done = false;
        try
        {
            return done = await DayAsync(http, caller, perDay);
        }
        catch
        {
            // Who hangs up, or breaks us, has asked all the same.
            done = true;
            throw;
        }
        finally
        {
            bucket.Leave(done);
        }
    }

    private async Task<bool> DayAsync(HttpContext http, ApiCaller caller, long? perDay)
    {
        if (perDay is { } quota)
        {
            var (within, left) = await quotas.TakeAsync(caller.Id, quota, http.RequestAborted);
            var now = clock.GetUtcNow();
            var over = (int)Math.Ceiling((now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime).TotalSeconds);
            http.Response.Headers.Append("RateLimit-Policy", string.Create(CultureInfo.InvariantCulture, $"\"day\";q={quota};w=86400"));
            http.Response.Headers.Append("RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"day\";r={left};t={over}"));
            if (!within)
            {
                await Problems.WriteAsync(http, new Problem(
                    "quota-exceeded", "The day is used up", 429, string.Create(CultureInfo.InvariantCulture, $"This client may send {quota} requests a day (UTC). Nothing was done. Send it again tomorrow, or ask an admin for more."),
                    Retryable: true, RetryAfterSeconds: over));
                return false;
            }
        }

        await next(http);
        return true;
    }

    private static void Tell(HttpContext http, ApiLimits limits, string policy, ApiPass pass)
    {
        var window = Math.Max(1, (int)Math.Ceiling((double)limits.Burst / limits.PerSecond));
        http.Response.Headers.Append("RateLimit-Policy", string.Create(CultureInfo.InvariantCulture, $"\"{policy}\";q={limits.Burst};w={window}, \"{(policy == "rate" ? "at-once" : "operation-at-once")}\";q={limits.AtOnce};qu=\"concurrent-requests\""));
        http.Response.Headers.Append("RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"{policy}\";r={pass.Left};t={pass.Wait}"));
    }

    private static Problem Busy(int most) =>
        Problem.TooMany with { Detail = $"More than {most} requests of this client are under way. Nothing was done. Send it again when others are answered.", RetryAfterSeconds = 1 };

    private static Problem Fast(string limit, int wait) =>
        new("rate-limited", "Too fast", 429, $"This client may send {limit}. Nothing was done. Wait, then send it again.", Retryable: true, RetryAfterSeconds: Math.Max(1, wait));
}
