using Microsoft.Extensions.Options;

namespace ControlTower.Web.Ingress;

/// <summary>
/// How many bytes of bodies this node holds at once. Anybody may push until the signature is checked, and for that the whole body must be here: without a limit, strangers could fill the
/// memory. What is beyond the first <see cref="Small"/> bytes of a body may use three quarters of it, so that large bodies never shut out the small ones that orders are.
/// </summary>
public sealed class BodyBudget(IOptions<IngressOptions> options)
{
    public const int Small = 64 * 1024;

    private readonly long all = options.Value.BodyBudgetMiB * 1024L * 1024L;
    private long held;

    public long Held => Volatile.Read(ref held);

    /// <summary>The share of one body, empty at first. Dispose it when the body is no longer held.</summary>
    public Share Open() => new(this);

    public sealed class Share(BodyBudget budget) : IDisposable
    {
        private long taken;

        /// <summary>Takes what the body has grown by. False if there is no room: the share stays as it was.</summary>
        public bool TryGrow(long size)
        {
            var more = size - taken;
            if (more <= 0)
            {
                return true;
            }

            if (Interlocked.Add(ref budget.held, more) > (size <= Small ? budget.all : budget.all / 4 * 3))
            {
                Interlocked.Add(ref budget.held, -more);
                return false;
            }

            taken = size;
            return true;
        }

        public void Dispose()
        {
            Interlocked.Add(ref budget.held, -taken);
            taken = 0;
        }
    }
}
