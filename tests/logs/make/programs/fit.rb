# Least squares by steps.
style = ARGV[0] || "plain"
a = 0.0
6.times do |i|
  loss = (a - 2.5)**2
  case style
  when "hash" then p({ step: i, loss: loss, "acc" => 1 / (1 + loss) })
  when "logger" then (require "logger"; $log ||= Logger.new($stdout, progname: "fit"); $log.info("loss=#{loss.round(5)}"))
  else puts "step #{i} loss: #{loss.round(6)} acc: #{format('%.1f', 100 / (1 + loss))} %"
  end
  a += 0.4 * (2.5 - a)
end
