all:
	@echo "[ 50%] loss: 0.125"
	@echo "[100%] loss: 0.0625 (done)"

fail:
	@echo "Verlust: 0,4375"
	awk 'BEGIN { print "acc=0.75" }'
	false
